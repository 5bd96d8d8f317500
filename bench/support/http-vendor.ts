#!/usr/bin/env node
/**
 * A vendor as benches need it, as a process of its own: it logs each message it takes, answers after a latency and
 * counts what is in flight. It keeps no keys, so that its own work does not hide the sender's; who got what is read
 * from its log afterwards.
 *
 * http-vendor.js LATENCY_MS LOG
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeliveryLog } from '../../src/demo/vendors/delivery-log.js';

export interface VendorCounts {
  readonly requests: number;
  readonly messages: number;
  /** At this moment, and at most at any. */
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Sum over all requests of the time they were here; divided by the run's time it is how many were in flight. */
  readonly requestMs: number;
  /** When the first request began, by the machine's clock; null before. */
  readonly firstRequestAtMs: number | null;
}

interface Message {
  readonly key?: string;
  readonly ref?: string;
  readonly to?: string;
  readonly token?: string;
}

const [latencyText = '0', logFile = ''] = process.argv.slice(2);
const latencyMs = Number(latencyText);
const log = new DeliveryLog(logFile);
const counts = {
  requests: 0,
  messages: 0,
  inFlight: 0,
  maxInFlight: 0,
  requestMs: 0,
  firstRequestAtMs: null as number | null,
};
let isAway = false;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    if (request.url === '/away') isAway = true;
    if (request.url === '/back') isAway = false;
    if (request.url === '/forget') counts.firstRequestAtMs = null;
    answer(response, JSON.stringify(counts satisfies VendorCounts));
    return;
  }
  if (isAway) {
    request.socket.resetAndDestroy();
    return;
  }
  const startedMs = performance.now();
  counts.requests++;
  counts.firstRequestAtMs ??= Date.now();
  counts.maxInFlight = Math.max(counts.maxInFlight, ++counts.inFlight);
  readBody(request, (text) => {
    const reply = deliver(text);
    const finish = (): void => {
      counts.inFlight--;
      counts.requestMs += performance.now() - startedMs;
      answer(response, reply);
    };
    if (latencyMs > 0) setTimeout(finish, latencyMs);
    else finish();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port); // a listening TCP server has one
});
process.stdin.resume().once('close', () => {
  server.closeAllConnections();
  server.close(() => log.close());
});

function readBody(request: IncomingMessage, take: (text: string) => void): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => take(String(parts.length === 1 ? parts[0] : Buffer.concat(parts))));
}

/** Batches as the SMS stand-in of the demo takes them, single messages as its push stand-in does. */
function deliver(text: string): string {
  const body = JSON.parse(text) as Message & { readonly messages?: readonly Message[] }; // sent by our own settings
  if (body.messages === undefined) {
    take(body);
    return '{"id":"1"}';
  }
  body.messages.forEach(take);
  return JSON.stringify({ code: 'OK', results: body.messages.map(({ ref }) => ({ ref, code: 'OK' })) });
}

function take({ key, ref, to, token }: Message): void {
  counts.messages++;
  log.append(key ?? ref ?? '', to ?? token ?? '');
}

function answer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}
