import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface VendorHit {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export type VendorAnswer = (hit: VendorHit, response: ServerResponse, socket: Socket) => void;

/** A vendor on a real socket that does what a test tells it to, and remembers what it was asked. */
export class JsonVendor {
  readonly hits: VendorHit[] = [];
  /** What the next requests get. */
  answer: VendorAnswer = (_hit, response) => response.writeHead(200).end('{}');
  private readonly server = createServer((request, response) => void this.handle(request, response));
  private readonly sockets = new Set<Socket>();

  static async start(port = 0): Promise<JsonVendor> {
    const vendor = new JsonVendor();
    vendor.server.on('connection', (socket) => {
      vendor.sockets.add(socket);
      socket.on('close', () => vendor.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => vendor.server.listen(port, '127.0.0.1', resolve));
    return vendor;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port; // a listening TCP server has one
  }

  get openSockets(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer); // a request without encoding gives buffers
    const text = Buffer.concat(parts).toString('utf8');
    const hit: VendorHit = { path: request.url ?? '', headers: request.headers, text, json: parse(text) };
    this.hits.push(hit);
    this.answer(hit, response, request.socket);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
