import { unwatchAbort, watchAbort } from '../../src/core/abort-watch.js';
import type { Clock } from '../../src/core/ports/clock.js';
import type { Random } from '../../src/core/ports/random.js';
import { epochMs } from '../../src/core/time.js';
import type { Timeline } from './timeline.js';

/** Where a process can be killed; `commit` are the store's own, the others are calls of ports. */
export const CRASH_POINTS = [
  'transaction',
  'beforeCommit',
  'afterCommit',
  'beforeWrite',
  'afterWrite',
  'afterAnswer',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Thrown into what was under way when its process was killed; nothing outside ever sees it. */
export class Killed extends Error {
  constructor() {
    super('The simulated process was killed.');
  }
}

export interface LifeWorld {
  readonly timeline: Timeline;
  readonly random: Random;
  /** How far the wall clock is from where it would be. */
  wallOffsetMs: number;
  /** Whether the process is killed at this point. */
  killsAt(life: Life, point: CrashPoint): boolean;
  onKilled(life: Life, how: string): void;
}

const WALL_AT_START_MS = Date.parse('2027-01-01T00:00:00Z');
/** Timers come a little late, as they do. */
const MAX_LATE_MS = 3;

/**
 * One process from its start to its death. Dead, nothing it waits for ever comes; frozen, it comes after the thaw.
 */
export class Life {
  private state: 'running' | 'frozen' | 'dead' = 'running';
  private held: (() => void)[] = [];
  /** Transactions of the store that have been asked for and not been answered. */
  openTransactions = 0;
  readonly clock: Clock;

  constructor(
    readonly number: number,
    private readonly world: LifeWorld,
  ) {
    const { timeline } = world;
    this.clock = {
      now: () => epochMs(Math.floor(WALL_AT_START_MS + timeline.nowMs + world.wallOffsetMs)),
      monotonicMs: () => timeline.nowMs,
      sleep: (delayMs, signal) => this.sleep(delayMs, signal),
    };
  }

  get isDead(): boolean {
    return this.state === 'dead';
  }

  get isFrozen(): boolean {
    return this.state === 'frozen';
  }

  /** @throws Killed when the process is dead, or dies here. */
  pass(point: CrashPoint): void {
    if (this.isDead) throw new Killed();
    if (!this.world.killsAt(this, point)) return;
    this.kill(point);
    throw new Killed();
  }

  kill(how: string): void {
    if (this.isDead) return;
    this.state = 'dead';
    this.held = [];
    this.world.onKilled(this, how);
  }

  /** Ends of its own accord: nothing is left to come. */
  end(): void {
    this.state = 'dead';
    this.held = [];
  }

  freeze(): void {
    if (this.state === 'running') this.state = 'frozen';
  }

  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'running';
    for (const run of this.held.splice(0)) this.after(0, run);
  }

  /** Runs something of this process in `delayMs`, unless it is dead by then. */
  after(delayMs: number, run: () => void): () => void {
    return this.world.timeline.after(delayMs, () => {
      if (this.state === 'running') run();
      else if (this.state === 'frozen') this.held.push(run);
    });
  }

  /** Resolves in `delayMs` of a living process. */
  wait(delayMs: number): Promise<void> {
    if (this.isDead) return new Promise(() => undefined);
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  private sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.isDead) return new Promise(() => undefined);
    if (!(delayMs > 0) || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        if (signal !== undefined) unwatchAbort(signal, wake);
        cancel();
        resolve();
      };
      const cancel = this.after(delayMs + this.world.random.next() * MAX_LATE_MS, wake);
      if (signal !== undefined) watchAbort(signal, wake);
    });
  }
}
