import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemotingConnection } from './remoting-connection.js';

/** A frame with this header, whatever it is. */
function frame(header: string): Buffer {
  const bytes = Buffer.from(header);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + bytes.length, 0);
  lengths.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([lengths, bytes]);
}

describe('a connection for administration', () => {
  let server: net.Server;
  let answer: (socket: Socket) => void;
  let connection: RemotingConnection;
  let accepted: number;
  beforeEach(async () => {
    accepted = 0;
    server = net.createServer((socket) => {
      accepted++;
      socket.on('error', () => undefined);
      socket.on('data', () => answer(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    connection = new RemotingConnection(`127.0.0.1:${(server.address() as AddressInfo).port}`); // of a TCP server
  });
  afterEach(async () => {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['a frame too short for a header', Buffer.from([0, 0, 0, 2, 1, 2])],
    ['a header that is no JSON', frame('<html>')],
    ['a frame beyond any size', Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])('fails the call, not the process, at %s', async (_, bytes) => {
    answer = (socket) => socket.write(bytes);
    await expect(connection.ask({ code: 1 })).rejects.toMatchObject({ name: 'RemotingError', code: 0 });
    answer = (socket) => socket.write(frame(JSON.stringify({ code: 0, flag: 1, opaque: 2 })));
    expect(await connection.ask({ code: 1 })).toMatchObject({ code: 0 });
    expect(accepted).toBe(2);
  });

  it('takes no request of the server for the answer', async () => {
    answer = (socket) => {
      socket.write(frame(JSON.stringify({ code: 40, flag: 0, opaque: 1 })));
      socket.write(frame(JSON.stringify({ code: 0, flag: 1, opaque: 1, remark: 'the answer' })));
    };
    expect(await connection.ask({ code: 1 })).toMatchObject({ code: 0, remark: 'the answer' });
  });

  it('leaves a connection that gave no answer in time', async () => {
    answer = () => undefined;
    await expect(connection.ask({ code: 1 })).rejects.toMatchObject({ code: 0 });
    answer = (socket) => socket.write(frame(JSON.stringify({ code: 0, flag: 1, opaque: 2 })));
    expect(await connection.ask({ code: 1 })).toMatchObject({ code: 0 });
    expect(accepted).toBe(2);
  });
});
