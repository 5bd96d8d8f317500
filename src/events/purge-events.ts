import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { TASK_OUTBOX } from '../core/task-message.js';
import { DAY_MS, HOUR_MS, addMs } from '../core/time.js';
import type { EventTx } from './event-repository.js';

/** Events stay this long after their last reader had done with them. */
export const EVENT_RETENTION_MS = 7 * DAY_MS;
/** Nobody reads a task twice. */
const TASK_RETENTION_MS = HOUR_MS;

/**
 * Deletes the events whose time has come, one transaction a slice, and notes how far readers have got now. To be run
 * every hour or so: retention is exact to that span. Answers how many events were deleted.
 */
export async function purgeEvents(
  { store, clock }: { readonly store: Store<EventTx>; readonly clock: Clock },
  { sliceEvents = 1_000, signal }: { readonly sliceEvents?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  const topics = await store.read((tx) => tx.events.topics());
  let deleted = 0;
  for (const topic of topics) {
    await store.transaction((tx) => tx.events.noteWatermark(topic, clock.now()), { isBulk: true });
    const readBefore = addMs(clock.now(), -(topic === TASK_OUTBOX ? TASK_RETENTION_MS : EVENT_RETENTION_MS));
    let slice = sliceEvents;
    while (slice === sliceEvents && signal?.aborted !== true) {
      slice = await store.transaction((tx) => tx.events.purge(topic, readBefore, sliceEvents), { isBulk: true });
      deleted += slice;
    }
  }
  return deleted;
}
