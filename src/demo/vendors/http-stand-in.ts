import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runStandIn } from './run-stand-in.js';
import { VendorBook, type Delivery } from './vendor-book.js';
import { VendorMood, type VendorOptions } from './vendor-options.js';

/** What makes one HTTP vendor differ from another. */
export interface HttpVendorKind {
  readonly name: string;
  readonly path: string;
  /** The members that a body asks about; undefined when it is not one of ours. */
  readonly read: (body: unknown) => readonly Delivery[] | undefined;
  /** The answer about them, in the order they were asked about. */
  readonly answer: (verdicts: readonly MemberVerdict[]) => { readonly status: number; readonly body: unknown };
}

export interface MemberVerdict {
  readonly key: string;
  readonly isRefused: boolean;
}

/** The header in which a shop's machine may name itself. */
const SENDER_HEADER = 'x-sender';
const MAX_BODY_BYTES = 16 * 1_048_576;

/** Runs a JSON vendor as this process, until SIGTERM. */
export function runHttpVendor(kind: HttpVendorKind): void {
  runStandIn(kind.name, async (options) => {
    const book = new VendorBook({ vendor: kind.name, logFile: options.logFile, isKeyed: options.isKeyed });
    await book.remember();
    const mood = new VendorMood(options);
    const server = createServer((request, response) => void handle({ kind, options, book, mood }, request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', resolve);
    });
    return {
      ports: { port: (server.address() as AddressInfo).port }, // a listening TCP server has one
      close: async () => {
        await closeServer(server);
        book.close();
      },
    };
  });
}

/** Answers requests under way, and none after them. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const hurry = setTimeout(() => server.closeAllConnections(), 2_000);
  await closed;
  clearTimeout(hurry);
}

interface Vendor {
  readonly kind: HttpVendorKind;
  readonly options: VendorOptions;
  readonly book: VendorBook;
  readonly mood: VendorMood;
}

async function handle(vendor: Vendor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { kind, book, mood } = vendor;
  if (request.method === 'GET' && request.url === '/stats') {
    answer(response, 200, book.stats());
    return;
  }
  if (request.method !== 'POST' || request.url !== kind.path) {
    answer(response, 404, { code: 'NO_SUCH_ENDPOINT' });
    return;
  }
  book.requests++;
  const asked = kind.read(await readJson(request));
  if (asked === undefined) {
    answer(response, 400, { code: 'BAD_REQUEST' });
    return;
  }
  const fate = mood.nextFate();
  const latencyMs = mood.nextLatencyMs();
  const sender = request.headers[SENDER_HEADER];
  const named = typeof sender === 'string' ? asked.map((delivery) => ({ ...delivery, sender })) : asked;
  const finish = (): void => finishRequest(vendor, fate, named, response);
  if (latencyMs > 0) setTimeout(finish, latencyMs);
  else finish();
}

function finishRequest(
  { kind, book, mood }: Vendor,
  fate: ReturnType<VendorMood['nextFate']>,
  asked: readonly Delivery[],
  response: ServerResponse,
): void {
  if (fate === 'throttled') {
    book.throttled++;
    response.setHeader('retry-after', '1');
    answer(response, 429, { code: 'TOO_FAST' });
    return;
  }
  if (fate === 'failed') {
    book.failed++;
    answer(response, 503, { code: 'UNAVAILABLE' });
    return;
  }
  const verdicts = asked.map((delivery): MemberVerdict => {
    const isRefused = mood.refuses(delivery.recipient);
    if (isRefused) book.refused++;
    else book.deliver(delivery);
    return { key: delivery.key, isRefused };
  });
  if (fate === 'lost') {
    book.lost++;
    answer(response, 502, { code: 'BAD_GATEWAY' });
    return;
  }
  const { status, body } = kind.answer(verdicts);
  answer(response, status, body);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request) {
    const bytes = part as Buffer; // a request without encoding gives buffers
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) return undefined;
    parts.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined; // answered as a bad request
  }
}
