import { expect, it } from 'vitest';
import { BUCKETS_PER_TASK } from '../campaign/look-ahead.js';
import { parseTask, toOutboxMessage } from '../core/task-message.js';
import { campaignId } from '../core/ids.js';
import { epochMs } from '../core/time.js';
import { ClaimRight, type TaskOutcome } from './claim-right.js';

it('has each task of the look-ahead followed by another, and none that came for retries', () => {
  const right = new ClaimRight(false, 0);
  const ends: TaskOutcome[] = [];
  const end = (outcome: TaskOutcome): void => void ends.push(outcome);
  for (const isExtra of [true, false, true, true, false]) right.take({ end, isExtra }, 0);
  const { maxBuckets, tasksFor } = right.terms(1, 0);
  expect(maxBuckets).toBe(5 * BUCKETS_PER_TASK);
  expect([1, 2, 4, 5].map((used) => tasksFor(used * BUCKETS_PER_TASK))).toEqual([0, 1, 1, 2]);
  right.claimed(5 * BUCKETS_PER_TASK, { isExhausted: false, isShort: false, plannedAtMs: 0 });
  expect(ends).toEqual(Array<TaskOutcome>(5).fill('claimed'));
});

it('knows a task for retries at the other end of the queue, and one of a program that knew of none', () => {
  const about = { channel: 'sms', campaignClass: 'bulk', campaignId: campaignId(7) } as const;
  const through = (isExtra?: boolean) =>
    parseTask(toOutboxMessage({ ...about, ...(isExtra === undefined ? {} : { isExtra }) }, epochMs(5)).body);
  expect([through(true), through(false), through()].map((task) => task?.isExtra)).toEqual([true, false, false]);
  expect(parseTask('{"campaignId":7,"at":5}')).toEqual({ campaignId: 7, at: 5, isExtra: false });
});
