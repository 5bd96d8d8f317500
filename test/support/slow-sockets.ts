/** Clients that are slow on purpose, each in its own way, and what became of them. */
import { connect, type Socket } from 'node:net';

/** What a kind of slow client says at first, and what it then says one drop at a time; `reads` false: it never reads. */
export interface SlowKind {
  readonly name: string;
  readonly opening: string;
  readonly drop: string;
  readonly reads: boolean;
}

export const SILENT: SlowKind = { name: 'silent', opening: '', drop: '', reads: true };
export const SLOW_HEADERS: SlowKind = {
  name: 'slow headers',
  opening: 'GET /v1/promotions HTTP/1.1\r\nHost: localhost\r\n',
  drop: 'X-Slow: 1\r\n',
  reads: true,
};
export const SLOW_BODY: SlowKind = {
  name: 'slow body',
  opening:
    'POST /v1/promotions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{',
  drop: ' ',
  reads: true,
};
/** Asks for something long and reads none of it. */
export const slowReader = (name: string, path: string): SlowKind => ({
  name,
  opening: `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  drop: '',
  reads: false,
});

interface SlowClient {
  readonly kind: SlowKind;
  readonly socket: Socket;
  readonly received: string[];
  readonly ended: Promise<void>;
}

const DROP_EVERY_MS = 200;

export class SlowSockets {
  private readonly clients: SlowClient[] = [];
  private readonly dripping: NodeJS.Timeout;

  constructor(private readonly port: number) {
    this.dripping = setInterval(() => {
      for (const { kind, socket } of this.clients)
        if (kind.drop !== '' && socket.bytesWritten > 0 && socket.writable) socket.write(kind.drop);
    }, DROP_EVERY_MS);
  }

  /** Resolves once all of them are connected. */
  async open(kind: SlowKind, count: number): Promise<void> {
    const opening = Array.from({ length: count }, () => this.openOne(kind));
    await Promise.all(opening);
  }

  /**
   * Resolves when the server has ended all of them; those that read nothing read now. Per kind, how each was answered: a
   * status, `cut` where the answer was never complete, or `no answer`.
   */
  async allEnded(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    for (const { kind, socket, received } of this.clients) {
      if (!kind.reads) socket.on('data', (data: Buffer) => received.splice(1, 1, data.toString('latin1')));
      socket.resume();
    }
    await Promise.all(this.clients.map(({ ended }) => ended));
    const byKind = new Map<string, Set<string>>();
    for (const { kind, received } of this.clients) {
      byKind.set(
        kind.name,
        (byKind.get(kind.name) ?? new Set()).add(kind.reads ? statusOf(received) : cutOrWhole(received)),
      );
    }
    return byKind;
  }

  close(): void {
    clearInterval(this.dripping);
    for (const { socket } of this.clients) socket.destroy();
  }

  private openOne(kind: SlowKind): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    const received: string[] = [];
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined); // being cut off is what we wait for
    if (kind.reads) socket.on('data', (data: Buffer) => received.push(data.toString('latin1')));
    else socket.pause();
    this.clients.push({ kind, socket, received, ended });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => {
        socket.write(kind.opening);
        resolve();
      });
      socket.once('error', reject);
    });
  }
}

const statusOf = (received: readonly string[]): string =>
  /^HTTP\/1\.1 (\d{3})/.exec(received.join(''))?.[1] ?? 'no answer';

/** An answer in chunks is whole when its last, empty chunk came. */
const cutOrWhole = (received: readonly string[]): string =>
  received.at(-1)?.endsWith('0\r\n\r\n') === true ? 'whole' : 'cut';
