import type { Clock } from '../../core/ports/clock.js';
import type { Outbox } from '../../core/ports/outbox.js';
import type { EventRepository } from '../../events/event-repository.js';

/** Appends straight to the event table: in the embedded store the outbox is the queue. */
export function createOutbox(events: EventRepository, clock: Clock): Outbox {
  const appendAll: Outbox['appendAll'] = async (all) =>
    events.append(
      all.map(({ topic, key, body }) => ({ topic, key, body: JSON.stringify(body) })),
      clock.now(),
    );
  return { append: (event) => appendAll([event]), appendAll };
}
