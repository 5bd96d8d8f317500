import net, { type AddressInfo, type Socket } from 'node:net';

/** What a network does to the connections through a proxy; may change while they are open. */
export interface NetworkFault {
  readonly delayMs?: number;
  /** Added to each delay, at random. */
  readonly jitterMs?: number;
  /** Bytes go on in pieces of this size. */
  readonly sliceBytes?: number;
  /** Bytes arrive and go nowhere, in both directions; nor does the end of either side. */
  readonly blackHole?: boolean;
  /** Bytes wait until the fault is over, as they do where the network is parted and mends. */
  readonly holds?: boolean;
  /** Requests pass, answers do not. */
  readonly dropsReplies?: boolean;
  /** From the first request with these words on, requests pass and answers do not. */
  readonly dropsRepliesAfter?: RegExp;
  /** From the first request with these words on, requests are lost, that one with them. */
  readonly losesRequestsFrom?: RegExp;
  /** Each connection is reset once so many bytes of a request, or of an answer, have passed. */
  readonly resetsRequestAfterBytes?: number;
  readonly resetsReplyAfterBytes?: number;
  /** The request passes, then the proxy says that it has no more to say. */
  readonly halfCloses?: boolean;
  /** Nobody listens. */
  readonly refuses?: boolean;
}

const NO_FAULT: NetworkFault = {};

/** A TCP proxy on this machine that can be as bad as a network. It judges nothing and remembers only that it was used. */
export class FaultProxy {
  /** Parts of requests and answers that met the fault since it was set. */
  met = 0;
  /** Parts of requests that were lost. */
  lost = 0;
  private fault = NO_FAULT;
  private tellChange = (): void => {};
  private changed = this.nextChange();
  private isMuted = false;
  private isDeaf = false;
  private readonly sockets = new Set<Socket>();
  private readonly server = net.createServer({ allowHalfOpen: true }, (client) => this.join(client));
  private listeningPort = 0;

  private constructor(
    private readonly upstreamPort: number,
    private readonly random: () => number,
  ) {}

  static async start(upstreamPort: number, random: () => number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstreamPort, random);
    await proxy.listen();
    return proxy;
  }

  get port(): number {
    return this.listeningPort;
  }

  async set(fault: NetworkFault): Promise<void> {
    const wasRefusing = this.fault.refuses === true;
    this.fault = fault;
    this.isMuted = false;
    this.isDeaf = false;
    this.met = 0;
    this.lost = 0;
    this.tellChange();
    this.changed = this.nextChange();
    if (fault.refuses === true && !wasRefusing) {
      this.met = 1;
      await this.close();
    } else if (wasRefusing && fault.refuses !== true) {
      await this.listen();
    }
  }

  /** All is well from now on; connections that the fault had spoilt are cut, as a router does that has forgotten them. */
  async heal({ isForgetful }: { readonly isForgetful: boolean }): Promise<void> {
    await this.set(NO_FAULT);
    if (isForgetful) this.cut();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.cut();
    await closed;
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => (this.tellChange = resolve));
  }

  private listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.listeningPort, '127.0.0.1', () => {
        this.server.off('error', reject);
        this.listeningPort = (this.server.address() as AddressInfo).port; // a listening TCP server has one
        resolve();
      });
    });
  }

  private cut(): void {
    for (const socket of this.sockets) cutOff(socket);
  }

  private join(client: Socket): void {
    const upstream = net.connect({ port: this.upstreamPort, host: '127.0.0.1', allowHalfOpen: true });
    const drop = (): void => {
      cutOff(client);
      cutOff(upstream);
    };
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // the other end is told by the close
      socket.on('close', () => {
        this.sockets.delete(socket);
        if (this.fault.blackHole !== true) drop();
      });
    }
    this.pipe(client, upstream, { isReply: false, client, drop });
    this.pipe(upstream, client, { isReply: true, client, drop });
  }

  private pipe(from: Socket, to: Socket, { isReply, client, drop }: Direction): void {
    let turn = Promise.resolve(); // in order, the end included
    let passedBytes = 0;
    const pass = async (bytes: Buffer): Promise<void> => {
      const { delayMs = 0, jitterMs = 0 } = this.fault;
      if (this.fault !== NO_FAULT) this.met++;
      const waitMs = delayMs + jitterMs * this.random();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      while (this.fault.holds === true) await this.changed;
      const { fault } = this;
      if (!isReply && fault.dropsRepliesAfter?.test(bytes.toString('latin1')) === true) this.isMuted = true;
      if (isReply && this.isMuted) return;
      if (!isReply && fault.losesRequestsFrom?.test(bytes.toString('latin1')) === true) this.isDeaf = true;
      if (!isReply && this.isDeaf) {
        this.lost++;
        return;
      }
      if (to.destroyed) {
        drop(); // it ended behind a black hole: who speaks to it now is told
        return;
      }
      if (fault.blackHole === true || (isReply && (fault.dropsReplies === true || fault.halfCloses === true))) return;
      passedBytes += bytes.length;
      const limit = isReply ? fault.resetsReplyAfterBytes : fault.resetsRequestAfterBytes;
      if (limit !== undefined && passedBytes > limit) {
        drop();
        return;
      }
      const size = fault.sliceBytes ?? bytes.length;
      for (let at = 0; at < bytes.length; at += size) {
        to.write(bytes.subarray(at, at + size));
        if (fault.sliceBytes !== undefined) await new Promise(setImmediate);
      }
      if (!isReply && fault.halfCloses === true) client.end();
    };
    from.on('data', (bytes: Buffer) => {
      turn = turn.then(() => pass(bytes));
    });
    from.on('end', () => {
      turn = turn.then(() => {
        if (this.fault.blackHole !== true) to.end();
      });
    });
  }
}

interface Direction {
  readonly isReply: boolean;
  readonly client: Socket;
  readonly drop: () => void;
}

/** A reset after `end` would keep Node busy for ever. */
function cutOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
