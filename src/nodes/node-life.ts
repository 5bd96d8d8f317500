/**
 * Being one of several: says every 2 s that this node is there, and knows from what it reads then how many push, and so
 * which part of every pace is this node's where pace cannot be shared.
 *
 * Parts add up to the whole at most, whoever joins, dies or is cut off: a dead node's part stays its own for 10 s; one that
 * needs a new part waits until all others must have seen it; one that hears nothing for 6 s has none.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { NodeBeat, NodeRecord, NodesTx } from './node-repository.js';

export const BEAT_MS = 2_000;
/** A node that was silent for so long takes part no more. */
const SILENT_MS = 10_000;
/** Within so long every node that lives has read what another has said. */
const HEARD_MS = 3 * BEAT_MS;
/** Nodes that never left are forgotten after a day. */
const FORGET_MS = 86_400_000;

export interface NodeEvent {
  readonly kind: 'node.beatFailed';
  readonly error: unknown;
}

export interface NodeLifeOptions {
  readonly store: Store<NodesTx>;
  readonly clock: Clock;
  readonly node: Omit<NodeBeat, 'isPaceShared'>;
  /** Whether this node could share pace at this moment. */
  readonly canSharePace: () => boolean;
  readonly onEvent: (event: NodeEvent) => void;
}

export class NodeLife {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private pushers: readonly Pick<NodeRecord, 'nodeId' | 'isPaceShared'>[] = [];
  private heardAtMs = -Infinity;
  /** Since when this node says that it keeps to its share. */
  private aloneSinceMs: number | undefined;

  constructor(private readonly options: NodeLifeOptions) {}

  /** Enters this node and goes on saying that it is there. @throws what the store throws. */
  async start(): Promise<void> {
    await this.beat();
    this.running ??= this.run();
  }

  /** The part of every limit that is this node's own while it does not share pace; 0 while none is. */
  aloneShare(): number {
    const nowMs = this.options.clock.monotonicMs();
    const isHeard = this.aloneSinceMs !== undefined && nowMs - this.aloneSinceMs >= HEARD_MS;
    return isHeard && this.isUpToDate(nowMs) ? 1 / Math.max(1, this.pushers.length) : 0;
  }

  /** The part of every limit that those who share pace have together; 0 while this node hears nothing of the others. */
  sharedPart(): number {
    if (!this.isUpToDate(this.options.clock.monotonicMs())) return 0;
    return this.pushers.filter(({ isPaceShared }) => isPaceShared).length / Math.max(1, this.pushers.length);
  }

  /** Leaves. Safe to call twice. */
  async close(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    await this.running;
    const { store, node, onEvent } = this.options;
    try {
      await store.transaction((tx) => tx.nodes.leave(node.nodeId));
    } catch (error) {
      onEvent({ kind: 'node.beatFailed', error }); // others see it by its silence
    }
  }

  private isUpToDate(nowMs: number): boolean {
    return nowMs - this.heardAtMs < HEARD_MS;
  }

  private async run(): Promise<void> {
    const { clock, onEvent } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await clock.sleep(BEAT_MS, signal);
      try {
        if (!this.stopping.signal.aborted) await this.beat();
      } catch (error) {
        onEvent({ kind: 'node.beatFailed', error });
      }
    }
  }

  private async beat(): Promise<void> {
    const { store, clock, node, canSharePace } = this.options;
    const askedAtMs = clock.monotonicMs();
    const isPaceShared = canSharePace();
    const all = await store.transaction(async (tx) => {
      await tx.nodes.beat({ ...node, isPaceShared });
      await tx.nodes.forgetSilent(FORGET_MS);
      return tx.nodes.list();
    });
    this.heardAtMs = askedAtMs;
    this.pushers = all.filter(({ roles, silentMs }) => roles.includes('pusher') && silentMs < SILENT_MS);
    if (isPaceShared) this.aloneSinceMs = undefined;
    else this.aloneSinceMs ??= clock.monotonicMs();
  }
}
