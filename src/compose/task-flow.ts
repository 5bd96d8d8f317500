/** Bucket tasks of a node: out of the store to the broker, and from there to the pushers. */
import type { Channel } from '../core/channels.js';
import type { Clock } from '../core/ports/clock.js';
import type { Queue } from '../core/ports/queue.js';
import { TASK_CLASSES } from '../core/task-topics.js';
import { TASK_OUTBOX, toTaskMessage } from '../core/task-message.js';
import { EventRelay, type RelayEvent, type RelaySource, type RelayStats } from '../events/event-relay.js';
import { TaskConsumer, type TaskEvent, type TaskFigures, type TaskTaker } from '../push/task-consumer.js';

export interface TaskFlowOptions {
  /** The store's queue. */
  readonly from: RelaySource;
  readonly broker: Queue;
  readonly isRelay: boolean;
  /** Of the channels that this node pushes. */
  readonly pushers: ReadonlyMap<Channel, TaskTaker>;
  readonly clock: Clock;
  readonly onEvent: (event: RelayEvent | TaskEvent) => void;
}

export class TaskFlow {
  /** Beside the relay of events: neither waits for a backlog of the other. */
  private readonly relay: EventRelay | undefined;
  private readonly consumers: readonly TaskConsumer[];

  constructor({ from, broker, isRelay, pushers, clock, onEvent }: TaskFlowOptions) {
    this.relay = !isRelay
      ? undefined
      : new EventRelay({
          ...{ from, to: broker, topics: [TASK_OUTBOX], clock, onEvent },
          outbound: (message) => toTaskMessage(message, clock.now()),
        });
    this.consumers = [...pushers].flatMap(([channel, pusher]) =>
      TASK_CLASSES.map(
        (campaignClass) => new TaskConsumer({ queue: broker, pusher, channel, campaignClass, clock, onEvent }),
      ),
    );
  }

  start(): void {
    this.relay?.start();
    for (const consumer of this.consumers) consumer.start();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([this.relay, ...this.consumers].map(async (each) => each?.close()));
  }

  figures(): readonly TaskFigures[] {
    return this.consumers.map((consumer) => consumer.figures());
  }

  relayStats(): RelayStats | undefined {
    return this.relay?.stats();
  }
}
