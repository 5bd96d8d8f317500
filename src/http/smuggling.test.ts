/**
 * Requests whose end two readers could see in different places, so that one of them takes what follows for a request of
 * its own. Each is refused with its connection, whatever stands behind it is never read.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

/** What would be answered if the request before it ended where its writer hopes. */
const HIDDEN = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = (headers: string, body = ''): string =>
  `POST /v1/promotions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
const get = (start: string, headers = 'Host: localhost\r\n'): string => `${start}\r\n${headers}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';

const CORPUS: Readonly<Record<string, string>> = {
  'a length and chunks': post(`Content-Length: 4\r\n${CHUNKED}`, '0\r\n\r\n'),
  'chunks and a length': post(`${CHUNKED}\r\nContent-Length: 4`, '0\r\n\r\n'),
  'two lengths': post('Content-Length: 0\r\nContent-Length: 44', ''),
  'the same length twice': post('Content-Length: 0\r\nContent-Length: 0', ''),
  'a list of lengths': post('Content-Length: 0, 44', ''),
  'a signed length': post('Content-Length: +0', ''),
  'a negative length': post('Content-Length: -1', ''),
  'a length in hex': post('Content-Length: 0x0', ''),
  'a length with a blank': post('Content-Length: 0 0', ''),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551616', ''),
  'no length at all': post('Content-Length:', ''),
  'another coding': post('Transfer-Encoding: xchunked', '0\r\n\r\n'),
  'chunks that are not the last coding': post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'),
  'two codings in two headers': post(`${CHUNKED}\r\nTransfer-Encoding: identity`, '0\r\n\r\n'),
  'a coding behind a vertical tab': post('Transfer-Encoding: \u000bchunked', '0\r\n\r\n'),
  'a blank before the colon': post('Transfer-Encoding : chunked', '0\r\n\r\n'),
  'a folded header': post('Transfer-Encoding:\r\n chunked', '0\r\n\r\n'),
  'a zero byte in a header': post('X-Note: a\u0000b\r\nContent-Length: 0', ''),
  'a bare carriage return in a header': post('X-Note: a\rContent-Length: 9', ''),
  'a bare line feed in a header': post('X-Note: a\nContent-Length: 9', ''),
  'lines that end in a line feed': 'GET /healthz HTTP/1.1\nHost: localhost\n\n',
  'a chunk size in 0x': post(CHUNKED, '0x0\r\n\r\n'),
  'a negative chunk size': post(CHUNKED, '-1\r\n\r\n'),
  'a chunk size beyond 64 bits': post(CHUNKED, 'fffffffffffffffff\r\n'),
  'a blank before a chunk size': post(CHUNKED, ' 0\r\n\r\n'),
  'a chunk size that ends in a line feed': post(CHUNKED, '0\n\n'),
  'a chunk longer than it says': post(CHUNKED, '1\r\n{}\r\n0\r\n\r\n'),
  'no host': get('GET /healthz HTTP/1.1', ''),
  'two hosts': get('GET /healthz HTTP/1.1', 'Host: localhost\r\nHost: evil.example\r\n'),
  'a blank in the path': get('GET /healthz /x HTTP/1.1'),
  'a version that is none': get('GET /healthz HTTP/1.9'),
  'a request without version': get('GET /healthz'),
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a method that is none': get('G(ET /healthz HTTP/1.1'),
  'a header name with a blank': get('GET /healthz HTTP/1.1', 'Host: localhost\r\nX Note: a\r\n'),
  'a header without a name': get('GET /healthz HTTP/1.1', 'Host: localhost\r\n: a\r\n'),
};

describe('a request that ends in two places', () => {
  let fixture: HttpFixture;
  let port: number;
  beforeAll(async () => {
    fixture = await httpFixture();
    ({ port } = await fixture.server.listen({ host: '127.0.0.1', port: 0 }));
  });
  afterAll(() => fixture.remove());

  it.each(Object.entries(CORPUS))('is refused: %s', async (_, bytes) => {
    const answer = await talk(port, bytes + HIDDEN);
    expect(answer.split('\r\n')[0]).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1);
    expect(answer).toContain('"code":');
  });

  it('is what the corpus holds: without the flaw both requests are answered', async () => {
    const answer = await talk(
      port,
      get('GET /healthz HTTP/1.1') + HIDDEN.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

/** Sends bytes and reads until the server closes. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (data: Buffer) => received.push(data));
  socket.on('error', () => undefined);
  socket.write(Buffer.from(bytes, 'latin1'));
  await once(socket, 'close');
  return Buffer.concat(received).toString();
}
