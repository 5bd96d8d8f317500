import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { peekReference } from '../../../src/push/reference.js';
import type { Moods } from './moods.js';
import { machineMs, type VendorLog } from './vendor-log.js';
import { isRefusedAddress, type MemberMark, type SeenRequest, type VendorFault } from './vendor-script.js';

const bodySchema = z.object({ messages: z.array(z.object({ ref: z.string() })) });

interface Asked {
  readonly ref: string;
  readonly mark: MemberMark;
}

/** The JSON half of the vendor: batches or single messages on any path; each path remembers its keys for ever. */
export class HttpSide {
  readonly server: Server;
  readonly sockets = new Set<Socket>();
  private readonly numbers = new WeakMap<Socket, number>();
  private readonly keys = new Set<string>();
  private connections = 0;
  /** Set while requests wait for their answers. */
  private held: Held | undefined;

  constructor(
    private readonly moods: Moods,
    private readonly log: VendorLog,
  ) {
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      void this.handle(request, response).catch(() => response.destroy());
    });
    this.server.on('connection', (socket) => {
      this.numbers.set(socket, ++this.connections);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** How many requests wait to be released. */
  get heldRequests(): number {
    return this.held?.requests ?? 0;
  }

  hold(): void {
    this.held ??= new Held();
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const mood = this.moods.next(path);
    const { latencyMs } = mood;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer); // a request without encoding gives buffers
    const atMs = machineMs();
    const { messages } = bodySchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
    const isSpared =
      mood.fault.kind === 'status' &&
      mood.fault.some === true &&
      !messages.some(({ ref }) => isRefusedAddress(peekReference(ref)?.ordinal ?? -1));
    const fault: VendorFault = isSpared ? { kind: 'accept' } : mood.fault;
    const asked = messages.map(({ ref }): Asked => ({ ref, mark: this.take(path, ref, fault) }));
    const members = asked.map(({ ref, mark }): SeenRequest['members'][number] => {
      const named = peekReference(ref);
      return [named?.campaignId ?? 0, named?.ordinal ?? -1, named?.round ?? 0, mark];
    });
    const seen = { atMs, connection: this.numbers.get(request.socket) ?? 0, path, fault, members };
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    await this.held?.wait();
    this.log.append(this.reply(fault, asked, response) ? { ...seen, answeredAtMs: machineMs() } : seen);
  }

  /** Delivers or not, as the fault has it; a key that was delivered before is not delivered again. */
  private take(path: string, ref: string, fault: VendorFault): MemberMark {
    if (fault.kind === 'refuseSome' && isRefusedAddress(peekReference(ref)?.ordinal ?? -1)) return 'refused';
    const delivers =
      fault.kind === 'accept' ||
      fault.kind === 'refuseSome' ||
      fault.kind === 'drip' ||
      ('delivers' in fault && fault.delivers);
    if (!delivers) return 'notDelivered';
    if (path.startsWith('/keyed') && this.keys.has(ref)) return 'repeated';
    this.keys.add(ref);
    return 'delivered';
  }

  /** Answers; false where no whole answer was written. */
  private reply(fault: VendorFault, asked: readonly Asked[], response: ServerResponse): boolean {
    const results = asked.map(({ ref, mark }) => ({ ref, code: mark === 'refused' ? 'DEAD' : 'OK' }));
    const answer = JSON.stringify({ code: results.length === 1 ? results[0]?.code : 'OK', results });
    switch (fault.kind) {
      case 'accept':
      case 'refuseSome':
        response.end(answer);
        return true;
      case 'throttle':
        response.writeHead(429, { 'retry-after': retryAfter(fault) }).end('{"code":"SLOW"}');
        return true;
      case 'status':
        response
          .writeHead(fault.status, {
            ...(fault.retryAfterMs !== undefined && { 'retry-after': String(fault.retryAfterMs / 1_000) }),
          })
          .end('<html>as it happens</html>');
        return true;
      case 'nonsense':
        response.writeHead(200, { 'content-type': 'application/json' }).end('<html>Welcome</html>');
        return true;
      case 'reset':
        response.socket?.resetAndDestroy();
        return false;
      case 'hang':
        return false;
      case 'half':
        response.writeHead(200, { 'content-length': String(Buffer.byteLength(answer) + 20) }).write(answer);
        setImmediate(() => response.socket?.destroy());
        return false;
      case 'drip':
        drip(response, answer, fault.everyMs);
        return true;
      case 'smtp':
        response.writeHead(500).end();
        return true;
    }
  }
}

/** Requests that wait until they are told. */
class Held {
  requests = 0;
  release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  wait(): Promise<void> {
    this.requests++;
    return this.released;
  }
}

/** As a date it counts from the second that the answer's own Date header shows. */
function retryAfter({ retryAfterMs, as }: Extract<VendorFault, { readonly kind: 'throttle' }>): string {
  return as === 'seconds' ? String(retryAfterMs / 1_000) : new Date(Date.now() + retryAfterMs).toUTCString();
}

function drip(response: ServerResponse, answer: string, everyMs: number): void {
  const bytes = Buffer.from(answer);
  response.writeHead(200, { 'content-length': String(bytes.length) });
  let at = 0;
  const next = (): void => {
    if (response.destroyed) return;
    response.write(bytes.subarray(at, ++at));
    if (at >= bytes.length) response.end();
    else if (everyMs === 0) setImmediate(next);
    else setTimeout(next, everyMs);
  };
  response.socket?.setNoDelay(true);
  next();
}
