import type { Clock } from '../../core/ports/clock.js';
import type { Outbox } from '../../core/ports/outbox.js';
import type { EventRepository } from '../../events/event-repository.js';

/** Appends straight to the event table: in the embedded store the outbox is the queue. */
export const createOutbox = (events: EventRepository, clock: Clock): Outbox => ({
  append: async ({ topic, key, body }) => events.append([{ topic, key, body: JSON.stringify(body) }], clock.now()),
});
