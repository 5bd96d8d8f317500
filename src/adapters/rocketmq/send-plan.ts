import type { OutboundMessage } from '../../core/ports/queue.js';
import { encodeMessage } from './message-codec.js';
import type { MessageIds } from './message-ids.js';
import type { MessageType, WireMessage } from './protocol.js';
import type { RocketmqNames } from './rocketmq-names.js';
import type { EpochMs } from '../../core/time.js';

/** Messages that go one batch after another; streams go side by side. */
export interface SendStream {
  readonly messages: readonly WireMessage[];
  /** A batch cannot hold messages with an instant. */
  readonly canBatch: boolean;
}

/**
 * Message groups of an ordered topic. The broker keeps order by queue anyway, so keys share groups: those of one group
 * can go in one batch, and 32 of them spread over any number of queues that is usual.
 */
const LANES = 32;

/** Puts messages into streams such that those of one key (without an instant) stand in one, in their order. */
export function planSends(
  messages: readonly OutboundMessage[],
  { names, ids, now }: { readonly names: RocketmqNames; readonly ids: MessageIds; readonly now: EpochMs },
): readonly SendStream[] {
  const streams = new Map<string, { messages: WireMessage[]; canBatch: boolean }>();
  for (const message of messages) {
    const { name, delayedName, isOrdered } = names.topic(message.topic);
    const isDelayed = message.deliverAt !== undefined;
    const type: MessageType = isDelayed ? 'DELAY' : isOrdered ? 'FIFO' : 'NORMAL';
    const messageGroup = type === 'FIFO' ? laneOf(message.key) : undefined;
    const topic = isDelayed ? delayedName : name;
    const envelope = {
      topic,
      type,
      messageId: ids.next(),
      now,
      ...(messageGroup === undefined ? {} : { messageGroup }),
    };
    const streamKey = JSON.stringify([topic, messageGroup ?? '', isDelayed ? envelope.messageId : '']);
    const stream = streams.get(streamKey) ?? { messages: [], canBatch: !isDelayed };
    stream.messages.push(encodeMessage(message, envelope));
    streams.set(streamKey, stream);
  }
  return [...streams.values()];
}

/** FNV-1a: all that matters is that every sender computes the same. */
function laneOf(key: string): string {
  let hash = 0x81_1c_9d_c5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01_00_01_93) >>> 0;
  return `lane-${hash % LANES}`;
}
