import type { Clock } from './ports/clock.js';

/** True once `work` has ended, well or not, within `waitMs`; false as soon as that time is over. Leaves no timer. */
export async function endsWithin(work: Promise<unknown>, waitMs: number, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  const late = clock.sleep(waitMs, ended.signal).then(() => false);
  const inTime = work.then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([inTime, late]);
  ended.abort();
  return isInTime;
}
