import { connect } from 'node:net';

/** Codes of the remoting protocol that a start needs. */
export const UPDATE_TOPIC = 17;
export const UPDATE_BROKER_CONFIG = 25;

const CALL_MS = 5_000;

/**
 * One request of RocketMQ's remoting protocol over a connection of its own: a frame of a JSON header and a body.
 * Rejects when there is no answer within five seconds, or when its code is not 0.
 */
export function callRemoting(port, code, extFields = {}, body = '') {
  const header = Buffer.from(
    JSON.stringify({
      code,
      language: 'OTHER',
      version: 0,
      opaque: 1,
      flag: 0,
      extFields,
      serializeTypeCurrentRPC: 'JSON',
    }),
  );
  const bodyBytes = Buffer.from(body);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + header.length + bodyBytes.length, 0);
  lengths.writeUInt32BE(header.length, 4);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([lengths, header, bodyBytes])));
    let received = Buffer.alloc(0);
    const settle = (error) => {
      clearTimeout(late);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const late = setTimeout(() => settle(new Error(`no answer from port ${port}`)), CALL_MS);
    socket.on('error', settle);
    socket.on('close', () => settle(new Error(`port ${port} closed the connection`)));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 8 || received.length < 4 + received.readUInt32BE(0)) return;
      const headerBytes = received.readUInt32BE(4) & 0xffffff;
      const answer = JSON.parse(received.subarray(8, 8 + headerBytes).toString());
      settle(answer.code === 0 ? undefined : new Error(`code ${answer.code}: ${answer.remark}`));
    });
  });
}
