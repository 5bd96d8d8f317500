import type { Clock } from '../../core/ports/clock.js';
import type { Outbox } from '../../core/ports/outbox.js';
import type { EventRepository } from '../../events/event-repository.js';

/** Appends to the event table, from which groups read and the relay takes what goes to a broker. */
export const createOutbox = (events: EventRepository, clock: Clock): Outbox => ({
  append: async ({ topic, key, body }) => events.append([{ topic, key, body: JSON.stringify(body) }], clock.now()),
});
