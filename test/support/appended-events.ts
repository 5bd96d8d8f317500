import { isTopic } from '../../src/core/topics.js';
import { OUTGOING_EVENTS } from '../../src/events/outgoing-events.js';

/** Keys that use cases give; tests of the queue itself use others. */
const KEY_OF_USE_CASE = /^(promotion|campaign|coupon|grant)\/\d[\d-]*$/;

export interface EventRow {
  readonly topic: string;
  readonly key: string;
  readonly body: string;
}

/**
 * Holds what use cases appended to a store against the contract of events.
 * @throws Error that names the event and what is wrong with it.
 */
export function checkAppendedEvents(events: readonly EventRow[]): void {
  for (const event of events) checkEvent(event);
}

/** @throws Error where a topic's contract does not allow this event. */
export function checkEvent({ topic, key, body }: EventRow): void {
  if (!KEY_OF_USE_CASE.test(key)) return;
  if (!isTopic(topic)) throw new Error(`An event was appended to the unknown topic ${topic}.`);
  const contract = OUTGOING_EVENTS[topic];
  const parsed = contract.body.safeParse(JSON.parse(body));
  if (!parsed.success)
    throw new Error(`An event of ${topic} is not as its contract says: ${body} ${parsed.error.message}`);
  const expected = contract.key.replace(/\{(\w+)\}/, (_, name: string) => String(parsed.data[name]));
  if (key !== expected) throw new Error(`An event of ${topic} has the key ${key} instead of ${expected}.`);
}
