import type { Clock } from '../../core/ports/clock.js';
import type { TaskOutbox } from '../../core/ports/task-outbox.js';
import { toOutboxMessage } from '../../core/task-message.js';
import type { EventRepository } from '../../events/event-repository.js';

/** Appends to the event table, from which the relay takes tasks to their topics. */
export const createTaskOutbox = (events: EventRepository, clock: Clock): TaskOutbox => ({
  append: async ({ count, ...about }) => {
    const now = clock.now();
    const message = toOutboxMessage(about, now);
    // As of when it is due: what waits for its time does not lag.
    await events.append(
      Array.from({ length: count }, () => message),
      about.dueAt ?? now,
    );
  },
});
