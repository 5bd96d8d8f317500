/**
 * Dead letters go to the topic where the broker puts its own, `%DLQ%` and the group, so that its tools find them. Ours
 * carry as properties what the port promises; of those that the broker made, the reason is that nobody ended them.
 */
import type { DeadLetter } from '../../core/ports/queue.js';
import type { StoredMessage } from './remoting/stored-message.js';
import { decodeText, encodeText, type ReceivedMessage } from './message-codec.js';
import { spanOf, type WireMessage } from './protocol.js';
import type { EpochMs } from '../../core/time.js';

const PROPERTY = {
  topic: 'fanfare-topic',
  key: 'fanfare-key',
  reason: 'fanfare-reason',
  attempts: 'fanfare-attempts',
  messageId: 'fanfare-message-id',
} as const;
const MAX_REASON_CHARACTERS = 1_000;

export function encodeDeadLetter(
  message: ReceivedMessage,
  letter: {
    /** Our name of where it was. */
    readonly topic: string;
    readonly deadLetterTopic: string;
    readonly reason: string;
    readonly attempts: number;
    readonly messageId: string;
    readonly now: EpochMs;
  },
): WireMessage {
  return {
    topic: { name: letter.deadLetterTopic },
    userProperties: {
      [PROPERTY.topic]: letter.topic,
      [PROPERTY.key]: encodeText(message.key),
      [PROPERTY.reason]: encodeText(letter.reason.slice(0, MAX_REASON_CHARACTERS)),
      [PROPERTY.attempts]: String(letter.attempts),
      [PROPERTY.messageId]: message.messageId,
    },
    systemProperties: {
      messageId: letter.messageId,
      messageType: 'NORMAL',
      bodyEncoding: 'IDENTITY',
      bodyDigest: { type: 'CRC32', checksum: '' },
      bornTimestamp: spanOf(letter.now),
      bornHost: '127.0.0.1',
      queueId: 0,
    },
    body: Buffer.from(message.body, 'utf8'),
  };
}

export interface DatedLetter extends DeadLetter {
  readonly storedAt: EpochMs;
}

export function decodeDeadLetter({ body, properties, storedAt, reconsumeTimes, topic }: StoredMessage): DatedLetter {
  const own = properties[PROPERTY.messageId];
  const id = own ?? properties['DLQ_ORIGIN_MESSAGE_ID'] ?? properties['UNIQ_KEY'] ?? '';
  const key = properties[PROPERTY.key];
  return {
    messageId: id,
    topic: properties[PROPERTY.topic] ?? properties['DLQ_ORIGIN_TOPIC'] ?? topic,
    key: key === undefined ? (properties['__SHARDINGKEY'] ?? properties['KEYS'] ?? id) : decodeText(key),
    body,
    reason: decodeText(properties[PROPERTY.reason] ?? 'brought too often without being ended'),
    attempts: Number(properties[PROPERTY.attempts] ?? reconsumeTimes + 1),
    storedAt,
  };
}
