/**
 * How many buckets of a campaign this node may claim now.
 *
 *   free                                    where pushers look for themselves: always as many as they can use
 *   invited: the tasks it has taken         each is worth four buckets, twice as many each time the node ran short
 *   swept:  as many as it can use           no task of it came for 2 s although it runs: tasks were lost, or are late
 *
 * Once nothing is due any more all rights end, and tasks not used are refused. Nothing here makes a claim right or
 * wrong: that is the ledger row. It decides only which node asks.
 */
import { BUCKETS_PER_TASK, lookAheadTasks } from '../campaign/look-ahead.js';

/** How long a campaign goes without a task before a node looks for itself. */
export const SWEEP_MS = 2_000;
/** The most that a task is worth: a commit or two of the fastest channel. */
const MAX_WORTH = 256;
/** A look-ahead that seems lost is enqueued again no more often than this: tasks that are only late do not pile up. */
const PRIME_EVERY_MS = 30_000;

export type TaskOutcome = 'claimed' | 'refused';

/** A task that this node has taken and not ended. */
interface HeldTask {
  readonly worth: number;
  left: number;
  readonly takenAtMs: number;
  /** None follows it: it tells of rows to be tried again, and came beside the look-ahead. */
  readonly isExtra: boolean;
  readonly end: (outcome: TaskOutcome) => void;
}

/** What a turn may claim, and how many tasks it enqueues for so many buckets claimed. Fixed while the turn runs. */
export interface ClaimTerms {
  readonly maxBuckets: number;
  readonly tasksFor: (claimedBuckets: number) => number;
}

export class ClaimRight {
  private tasks: HeldTask[] = [];
  private worth = BUCKETS_PER_TASK;
  private primedAtMs = -Infinity;
  /** Since when it is swept; undefined = it is not. */
  private sweptAtMs: number | undefined;

  /** @param quietSinceMs when a task of it came, or nothing of it was due, for the last time, as far as this node knows. */
  constructor(
    private readonly isFree: boolean,
    private quietSinceMs: number,
  ) {}

  get buckets(): number {
    if (this.isFree || this.sweptAtMs !== undefined) return Infinity;
    return this.tasks.reduce((sum, { left }) => sum + left, 0);
  }

  take({ end, isExtra }: Pick<HeldTask, 'end' | 'isExtra'>, nowMs: number): void {
    this.tasks.push({ worth: this.worth, left: this.worth, takenAtMs: nowMs, isExtra, end });
    this.quietSinceMs = nowMs;
    this.sweptAtMs = undefined; // tasks flow
  }

  /** How long until this node looks for itself; Infinity while it may claim. */
  sweepsInMs(nowMs: number): number {
    return this.buckets > 0 ? Infinity : Math.max(0, this.quietSinceMs + SWEEP_MS - nowMs);
  }

  /** Something was freed that no task tells of. */
  lookAgain(nowMs: number): void {
    this.sweptAtMs = nowMs;
  }

  /** The node could have used more than it may claim. */
  noteShort(): void {
    if (Number.isFinite(this.buckets)) this.worth = Math.min(MAX_WORTH, this.worth * 2);
  }

  terms(campaigns: number, nowMs: number): ClaimTerms {
    const { buckets, isFree } = this;
    const held = this.tasks.map(({ left, isExtra }) => ({ left, isExtra })); // as they are now
    const lost = this.isToPrime(nowMs) ? lookAheadTasks(campaigns) : 0;
    const tasksFor = (claimed: number): number => (isFree || claimed === 0 ? 0 : toReplace(held, claimed) + lost);
    return { maxBuckets: buckets, tasksFor };
  }

  /** What a turn planned at `plannedAtMs` has claimed, once that is committed. What came since then is still to be used. */
  claimed(
    buckets: number,
    about: { readonly isExhausted: boolean; readonly isShort: boolean; readonly plannedAtMs: number },
  ): void {
    const { isExhausted, isShort, plannedAtMs } = about;
    if (this.isFree) return;
    if (buckets > 0 && !isExhausted && this.isToPrime(plannedAtMs)) this.primedAtMs = plannedAtMs;
    let rest = buckets;
    for (const task of this.tasks) {
      const used = Math.min(task.left, rest);
      task.left -= used;
      rest -= used;
    }
    const done = this.tasks.filter(({ left, takenAtMs }) => left === 0 || (isExhausted && takenAtMs <= plannedAtMs));
    this.tasks = this.tasks.filter((task) => !done.includes(task));
    for (const { worth, left, end } of done) end(left < worth ? 'claimed' : 'refused');
    if (isShort && this.buckets === 0) this.noteShort();
    if (!isExhausted) return;
    this.quietSinceMs = Math.max(this.quietSinceMs, plannedAtMs);
    if (this.sweptAtMs !== undefined && this.sweptAtMs <= plannedAtMs) this.sweptAtMs = undefined;
    this.worth = BUCKETS_PER_TASK;
  }

  private isToPrime(nowMs: number): boolean {
    return this.sweptAtMs !== undefined && nowMs - this.primedAtMs >= PRIME_EVERY_MS;
  }

  /** Gives up every task, as when the campaign is not to be pushed any more. */
  close(): void {
    for (const { end } of this.tasks.splice(0)) end('refused');
  }

  /** A task that was not used for too long. */
  drop(end: (outcome: TaskOutcome) => void): void {
    this.tasks = this.tasks.filter((task) => task.end !== end);
  }
}

/** Of tasks in order, those that so many buckets use up and that are followed by another. */
function toReplace(tasks: readonly Pick<HeldTask, 'left' | 'isExtra'>[], buckets: number): number {
  let rest = buckets;
  let count = 0;
  for (const { left, isExtra } of tasks) {
    rest -= left;
    if (rest < 0) break;
    if (!isExtra) count++;
  }
  return count;
}
