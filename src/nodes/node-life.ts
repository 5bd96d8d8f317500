/**
 * Being one of several: says every 2 s that this node is there, and knows from what it reads then how many push, and so
 * which part of every pace is this node's where pace cannot be shared.
 *
 * Parts add up to the whole at most, whoever joins, dies or is cut off: a dead node's part stays its own for 10 s; one that
 * needs a new part waits until all others must have seen it; a part grows 6 s after there was a reason, and shrinks at
 * once; one that hears nothing for 6 s has none. Reasons that follow each other faster than that are not all waited for:
 * then the parts can be more than the whole for the 2 s of a beat.
 */
import { endsWithin } from '../core/ends-within.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { NodeBeat, NodesTx } from './node-repository.js';

export const BEAT_MS = 2_000;
/** A node that was silent for so long takes part no more. */
export const SILENT_MS = 10_000;
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
  readonly node: Omit<NodeBeat, 'isPaceShared' | 'isLeaving'>;
  /** Whether this node could share pace at this moment. */
  readonly canSharePace: () => boolean;
  readonly onEvent: (event: NodeEvent) => void;
}

/** Nodes that push, and those of them that share pace, at one moment of the monotonic clock. */
interface Heard {
  readonly atMs: number;
  readonly pushers: number;
  readonly sharing: number;
}

/** How long a stop tries to say that the node leaves. */
const LAST_WORD_MS = 1_000;

export class NodeLife {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** What was heard within the last 6 s, oldest first. */
  private heard: readonly Heard[] = [];
  /** When this node was first heard of, or heard of again after a silence. */
  private enteredAtMs = -Infinity;
  /** Since when this node says that it keeps to its share. */
  private aloneSinceMs: number | undefined;
  private isLeaving = false;

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
    return isHeard ? this.leastOf(({ pushers }) => 1 / pushers) : 0;
  }

  /** The part of every limit that those who share pace have together; 0 while this node hears nothing of the others. */
  sharedPart(): number {
    const isNew = this.options.clock.monotonicMs() - this.enteredAtMs < HEARD_MS;
    const hasOthersAlone = this.heard.some(({ pushers, sharing }) => sharing < pushers);
    if (isNew && hasOthersAlone) return 0; // their parts do not leave room for this node yet
    return this.leastOf(({ pushers, sharing }) => sharing / pushers);
  }

  /** Says at once that this node takes nothing new. Never rejects: who does not hear it sees the node leave, or its silence. */
  async announceLeaving(): Promise<void> {
    this.isLeaving = true;
    await this.tellWithin(this.beat());
  }

  /** Leaves. Safe to call twice. */
  async close(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    const { store, node } = this.options;
    await this.tellWithin(
      Promise.resolve(this.running).then(() => store.transaction((tx) => tx.nodes.leave(node.nodeId))),
    );
  }

  /** A stop does not wait longer for a store that is away: others see the node leave by its silence. */
  private async tellWithin(telling: Promise<unknown>): Promise<void> {
    const told = telling.catch((error: unknown) => {
      this.options.onEvent({ kind: 'node.beatFailed', error });
    });
    await endsWithin(told, LAST_WORD_MS, this.options.clock);
  }

  private leastOf(part: (heard: Heard) => number): number {
    const last = this.heard.at(-1);
    if (last === undefined || this.options.clock.monotonicMs() - last.atMs >= HEARD_MS) return 0;
    return Math.min(...this.heard.map(part));
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
      await tx.nodes.beat({ ...node, isPaceShared, isLeaving: this.isLeaving });
      await tx.nodes.forgetSilent(FORGET_MS);
      return tx.nodes.list();
    });
    const pushers = all.filter(({ roles, silentMs }) => roles.includes('pusher') && silentMs < SILENT_MS);
    const sharing = pushers.filter((other) => other.isPaceShared).length;
    const isBack = askedAtMs - (this.heard.at(-1)?.atMs ?? -Infinity) >= HEARD_MS;
    if (isBack) {
      this.enteredAtMs = askedAtMs;
      this.aloneSinceMs = undefined;
    }
    const recent = this.heard.filter(({ atMs }) => askedAtMs - atMs <= HEARD_MS);
    this.heard = [...recent, { atMs: askedAtMs, pushers: Math.max(1, pushers.length), sharing }];
    if (isPaceShared) this.aloneSinceMs = undefined;
    else this.aloneSinceMs ??= clock.monotonicMs();
  }
}
