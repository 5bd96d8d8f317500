/**
 * A bucket task from the transaction that causes it to the node that takes it. In the store's queue all tasks stand in
 * one topic, outside any order, under the name of the topic that they go to: one look of the relay finds them all.
 */
import { campaignId as toCampaignId, type CampaignId } from './ids.js';
import type { LeasedMessage, OutboundMessage } from './ports/queue.js';
import type { BucketTasks } from './ports/task-outbox.js';
import { taskTopic } from './task-topics.js';
import { epochMs, type EpochMs } from './time.js';

/** Topic of the store's queue. */
export const TASK_OUTBOX = 'task';

/** A task that is so old was overtaken by the sweep. Generous: it spans the clocks of two nodes. */
const STALE_MS = 60_000;

export interface BucketTask {
  readonly campaignId: CampaignId;
  /** Since when there is something to claim. */
  readonly at: EpochMs;
  /** None follows it. */
  readonly isExtra: boolean;
}

export function toOutboxMessage(
  { channel, campaignClass, campaignId, dueAt, isExtra = false }: Omit<BucketTasks, 'count'>,
  now: EpochMs,
): OutboundMessage {
  const task: BucketTask = { campaignId, at: dueAt ?? now, isExtra };
  const key = taskTopic({ channel, campaignClass });
  // Any instant takes a message out of the order of its key; one long past is due whatever clock looks.
  return { topic: TASK_OUTBOX, key, body: JSON.stringify(task), deliverAt: dueAt ?? epochMs(0) };
}

/** What the relay sends; undefined for a task that is not worth it any more. */
export function toTaskMessage({ key: topic, body }: LeasedMessage, now: EpochMs): OutboundMessage | undefined {
  const task = parseTask(body);
  if (task === undefined || isStale(task, now)) return undefined;
  return { topic, key: `campaign/${task.campaignId}`, body };
}

/** What it tells of was found by others long ago. */
export const isStale = ({ at }: BucketTask, now: EpochMs): boolean => now - at > STALE_MS;

/** Undefined for a body that is no task's. */
export function parseTask(body: string): BucketTask | undefined {
  let content: Partial<Record<keyof BucketTask, unknown>> | null;
  try {
    content = JSON.parse(body) as typeof content; // each field is looked at below
  } catch {
    return undefined;
  }
  const { campaignId, at, isExtra = false } = content ?? {};
  return isInteger(campaignId) && isInteger(at)
    ? { campaignId: toCampaignId(campaignId), at: epochMs(at), isExtra: isExtra === true }
    : undefined;
}

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
