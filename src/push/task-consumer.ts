/**
 * Takes the bucket tasks of one channel and class for the pusher of this node.
 *
 *   lease some ─► offer ─► claimed, or refused (nothing due, not running) ─► ack, all together
 *
 * As many at a time as the class has turns, and only while the pusher could use them: the rest is left to other nodes.
 * A task lost, late, doubled or out of order changes nothing, since the pusher claims ledger rows; so what cannot be
 * acknowledged is let go.
 */
import { TURN_WEIGHTS } from '../campaign/campaign.js';
import { endsWithin } from '../core/ends-within.js';
import type { Clock } from '../core/ports/clock.js';
import type { LeasedMessage, Queue } from '../core/ports/queue.js';
import { isStale, parseTask } from '../core/task-message.js';
import { taskTopic, type TaskTopic } from '../core/task-topics.js';
import type { TaskOutcome } from './claim-right.js';
import type { OfferedTask } from './stream-table.js';

/** A task unused for so long is given up; its lease outlasts that. */
const GIVE_UP_MS = 45_000;
const LEASE_MS = 60_000;
/** How often a pusher that can use nothing is asked again, or a queue that had nothing. */
const LOOK_MS = 50;
const RETRY_MS = 1_000;

export interface TaskEvent {
  readonly kind: 'tasks.notRead';
  readonly topic: string;
  readonly error: unknown;
}

/** What of a channel's pusher takes tasks. */
export interface TaskTaker {
  readonly canTake: boolean;
  offer(task: OfferedTask): void;
  withdraw(task: OfferedTask): void;
}

export interface TaskConsumerOptions extends TaskTopic {
  readonly queue: Queue;
  readonly pusher: TaskTaker;
  readonly clock: Clock;
  readonly onEvent: (event: TaskEvent) => void;
}

export interface TaskFigures extends TaskTopic {
  readonly claimed: number;
  readonly refused: number;
  /** Between the moment that there was something to claim and the taking of its task, for the last one taken. */
  readonly waitedMs: number;
}

export class TaskConsumer {
  private readonly stopping = new AbortController();
  private readonly topic: string;
  private readonly counts = { claimed: 0, refused: 0 };
  private waitedMs = 0;
  private isFailing = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: TaskConsumerOptions) {
    this.topic = taskTopic(options);
  }

  start(): void {
    this.running ??= this.run();
  }

  figures(): TaskFigures {
    const { channel, campaignClass } = this.options;
    return { channel, campaignClass, ...this.counts, waitedMs: this.waitedMs };
  }

  /** Ends with the tasks at hand, which the pusher's own stop refuses. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, pusher, onEvent } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        if (!pusher.canTake || (await this.takeSome()) === 0) await clock.sleep(LOOK_MS, signal);
        this.isFailing = false;
      } catch (error) {
        if (!this.isFailing && !this.stopping.signal.aborted)
          onEvent({ kind: 'tasks.notRead', topic: this.topic, error });
        this.isFailing = true;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  private async takeSome(): Promise<number> {
    const { queue, campaignClass } = this.options;
    const about = { topic: this.topic, group: this.topic };
    const maxMessages = TURN_WEIGHTS[campaignClass];
    const messages = await queue.lease({ ...about, maxMessages, leaseMs: LEASE_MS });
    for (const outcome of await Promise.all(messages.map((message) => this.use(message)))) this.counts[outcome]++;
    if (messages.length > 0) await queue.ack(this.topic, messages);
    return messages.length;
  }

  private async use({ body }: LeasedMessage): Promise<TaskOutcome> {
    const { pusher, clock } = this.options;
    const task = parseTask(body);
    if (task === undefined || isStale(task, clock.now())) return 'refused';
    this.waitedMs = Math.max(0, clock.now() - task.at);
    let end: OfferedTask['end'] = () => undefined;
    const ended = new Promise<TaskOutcome>((resolve) => (end = resolve));
    const { campaignId, isExtra } = task;
    const offered: OfferedTask = { campaignId, isExtra, end };
    pusher.offer(offered);
    if (await endsWithin(ended, GIVE_UP_MS, clock)) return ended;
    pusher.withdraw(offered);
    return 'refused';
  }
}
