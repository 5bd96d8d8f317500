import { setMaxListeners } from 'node:events';
import type { Channel } from '../../../core/channels.js';
import type { Clock } from '../../../core/ports/clock.js';
import type { Chunk, ChunkAnswer, Provider, ProviderCapabilities } from '../../../core/ports/provider.js';
import { Slots } from '../slots.js';
import type { VendorSpec } from '../vendor-spec.js';
import { WorkerHost } from './worker-host.js';

/** Something happened to a vendor's thread; for the log. */
export interface VendorThreadEvent {
  readonly kind: 'provider.threadDied';
  readonly channel: Channel;
  readonly error: Error | undefined;
  readonly restartInMs: number;
}

export interface WorkerProviderDeps {
  readonly clock: Clock;
  readonly onEvent: (event: VendorThreadEvent) => void;
}

const FIRST_RESTART_MS = 100;
const MAX_RESTART_MS = 10_000;
/** Chunks in the thread beyond those whose requests are under way: rendered while the others wait for answers. */
const CHUNKS_AHEAD = 2;

/**
 * A provider in a thread of its own: rendering, TLS and a vendor's slowness stay off the main thread and away from
 * other channels. When the thread dies, what it held is answered ambiguous and it is started again, after a pause that
 * doubles until a chunk has been answered.
 */
export class WorkerProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  private readonly spec: VendorSpec;
  private readonly deps: WorkerProviderDeps;
  private readonly slots: Slots;
  private readonly closing = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();
  private host: WorkerHost | undefined;
  private life = new Life();
  private restartMs = FIRST_RESTART_MS;
  private restarting: Promise<void> | undefined;
  private closed: Promise<void> | undefined;

  constructor(spec: VendorSpec, capabilities: ProviderCapabilities, deps: WorkerProviderDeps) {
    this.channel = spec.channel;
    this.capabilities = capabilities;
    this.spec = spec;
    this.deps = deps;
    this.slots = new Slots(chunksInThread(capabilities));
    this.start();
  }

  async send(chunk: Chunk, { signal }: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    setMaxListeners(0, signal); // one for each chunk under way is no leak
    const answer = this.forward(chunk, signal);
    this.underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.underWay.delete(answer);
    }
  }

  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async forward(chunk: Chunk, signal: AbortSignal): Promise<ChunkAnswer> {
    const { clock } = this.deps;
    const handedOverMs = clock.monotonicMs();
    if (!(await this.slots.acquire(signal))) return NOT_SENT;
    try {
      const host = await this.hostBefore(handedOverMs + Math.min(chunk.startWithinMs, chunk.sendWithinMs), signal);
      const passedMs = clock.monotonicMs() - handedOverMs;
      const startWithinMs = chunk.startWithinMs - passedMs;
      const sendWithinMs = chunk.sendWithinMs - passedMs;
      if (host === undefined || startWithinMs <= 0 || sendWithinMs <= 0) return NOT_SENT;
      const answer = await host.send({ ...chunk, startWithinMs, sendWithinMs }, signal);
      if (host === this.host) this.restartMs = FIRST_RESTART_MS;
      return answer;
    } finally {
      this.slots.release();
    }
  }

  /** A thread that is ready, or undefined when there is none in time. */
  private async hostBefore(deadlineMs: number, signal: AbortSignal): Promise<WorkerHost | undefined> {
    if (!this.life.isReady) {
      const gaveUp = new AbortController();
      const waitMs = deadlineMs - this.deps.clock.monotonicMs();
      const sleep = this.deps.clock.sleep(waitMs, AbortSignal.any([signal, this.closing.signal, gaveUp.signal]));
      await Promise.race([this.life.ready, sleep]);
      gaveUp.abort();
    }
    return this.life.isReady && !signal.aborted && !this.closing.signal.aborted ? this.host : undefined;
  }

  private start(): void {
    this.host = new WorkerHost(this.spec, {
      onReady: () => this.life.begin(),
      onExit: (error) => {
        this.life = new Life();
        this.host = undefined;
        if (!this.closing.signal.aborted) this.restart(error);
      },
    });
  }

  private restart(error: Error | undefined): void {
    const restartInMs = this.restartMs;
    this.restartMs = Math.min(MAX_RESTART_MS, restartInMs * 2);
    this.deps.onEvent({ kind: 'provider.threadDied', channel: this.channel, error, restartInMs });
    this.restarting = this.deps.clock.sleep(restartInMs, this.closing.signal).then(() => {
      if (!this.closing.signal.aborted) this.start();
    });
  }

  private async shutDown(): Promise<void> {
    this.slots.close();
    this.closing.abort();
    await this.restarting;
    await this.host?.close();
    await Promise.allSettled(this.underWay);
  }
}

/** From the wish for a thread to its readiness. */
class Life {
  isReady = false;
  readonly ready: Promise<void>;
  private resolve: () => void = () => undefined;

  constructor() {
    this.ready = new Promise((resolve) => (this.resolve = resolve));
  }

  begin(): void {
    this.isReady = true;
    this.resolve();
  }
}

const NOT_SENT: ChunkAnswer = { kinds: 'notSent' };

/** Enough chunks to keep every request of the vendor busy. */
function chunksInThread(capabilities: ProviderCapabilities): number {
  const requestsPerChunk = Math.ceil(capabilities.maxChunkMembers / capabilities.maxRequestMembers);
  return Math.ceil(capabilities.maxConcurrentRequests / requestsPerChunk) + CHUNKS_AHEAD;
}
