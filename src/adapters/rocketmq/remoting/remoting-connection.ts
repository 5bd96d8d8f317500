/**
 * RocketMQ's older protocol, which name servers and brokers speak for administration: frames of a length, a header as
 * JSON and a body over TCP. Requests are answered in any order, by their number (`opaque`).
 */
import { connect, type Socket } from 'node:net';
import { splitAddress } from '../protocol.js';

const CALL_MS = 5_000;
/** The bit of `flag` that tells an answer from a request. */
const IS_RESPONSE = 1;
/** Answers hold up to 32 messages of 4 MiB. */
const MAX_FRAME_BYTES = 160 * 1024 * 1024;

export interface RemotingAnswer {
  readonly code: number;
  readonly remark: string;
  readonly extFields: Readonly<Partial<Record<string, string>>>;
  readonly body: Buffer;
}

export interface RemotingRequest {
  readonly code: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer with a code other than 0, or none. */
export class RemotingError extends Error {
  override readonly name = 'RemotingError';
  constructor(
    message: string,
    /** 0: there was no answer. */
    readonly code: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

interface Waiter {
  readonly resolve: (answer: RemotingAnswer) => void;
  readonly reject: (error: RemotingError) => void;
}

/** A connection to one address, made with the first call and anew after it broke. */
export class RemotingConnection {
  private socket: Socket | undefined;
  private received = Buffer.alloc(0);
  private opaque = 0;
  private readonly waiters = new Map<number, Waiter>();

  constructor(readonly address: string) {}

  /** The answer with code 0. @throws RemotingError with any other, or without one within five seconds. */
  async call(request: RemotingRequest): Promise<RemotingAnswer> {
    const answer = await this.ask(request);
    if (answer.code === 0) return answer;
    throw new RemotingError(`${this.address} answers code ${answer.code}: ${answer.remark}`, answer.code);
  }

  /** The answer, whatever its code. @throws RemotingError without one. */
  async ask({ code, fields = {}, body = '' }: RemotingRequest): Promise<RemotingAnswer> {
    const opaque = ++this.opaque;
    const socket = (this.socket ??= this.open());
    let late: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<RemotingAnswer>((resolve, reject) => {
        this.waiters.set(opaque, { resolve, reject });
        late = setTimeout(() => {
          reject(new RemotingError(`${this.address} does not answer`, 0));
          this.drop(socket, new Error('does not answer')); // nor would it whoever asks next
        }, CALL_MS);
        socket.write(frame({ code, opaque, extFields: fields }, Buffer.from(body)));
      });
    } finally {
      clearTimeout(late);
      this.waiters.delete(opaque);
    }
  }

  close(): void {
    this.socket?.destroy();
  }

  private open(): Socket {
    const { host, port } = splitAddress(this.address);
    const socket = connect(port, host);
    this.received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      try {
        this.take(bytes);
      } catch (error) {
        this.drop(socket, new Error('what it says is none of RocketMQ', { cause: error }));
      }
    });
    socket.on('error', (cause) => this.fail(socket, cause));
    socket.on('close', () => this.fail(socket));
    return socket;
  }

  /** At once: whoever asks in the same moment gets a connection of its own. */
  private drop(socket: Socket, cause: Error): void {
    this.fail(socket, cause);
    socket.destroy();
  }

  private fail(socket: Socket, cause?: Error): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    const why = cause === undefined ? 'closed the connection' : cause.message;
    for (const { reject } of this.waiters.values()) reject(new RemotingError(`${this.address}: ${why}`, 0, { cause }));
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    while (this.received.length >= 4) {
      const length = this.received.readUInt32BE(0);
      if (length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
      if (this.received.length < 4 + length) return;
      this.answer(this.received.subarray(4, 4 + length));
      this.received = this.received.subarray(4 + length);
    }
  }

  private answer(frameBytes: Buffer): void {
    const headerBytes = frameBytes.readUInt32BE(0) & 0xff_ff_ff; // the first byte says how the header is written: 0, JSON
    const header = JSON.parse(frameBytes.subarray(4, 4 + headerBytes).toString()) as Partial<RemotingAnswer> & {
      readonly opaque: number;
      readonly flag?: number;
    };
    if (((header.flag ?? 0) & IS_RESPONSE) === 0) return; // a request of the server's own, under its own numbers
    this.waiters.get(header.opaque)?.resolve({
      code: header.code ?? -1,
      remark: header.remark ?? '',
      extFields: header.extFields ?? {},
      body: Buffer.from(frameBytes.subarray(4 + headerBytes)),
    });
  }
}

function frame(
  { code, opaque, extFields }: { code: number; opaque: number; extFields: Readonly<Record<string, string>> },
  body: Buffer,
): Buffer {
  const fields = { code, language: 'OTHER', version: 0, opaque, flag: 0, extFields, serializeTypeCurrentRPC: 'JSON' };
  const header = Buffer.from(JSON.stringify(fields));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(4 + header.length + body.length, 0);
  lengths.writeUInt32BE(header.length, 4);
  return Buffer.concat([lengths, header, body]);
}
