import { unzipSync } from 'node:zlib';
import type { OutboundMessage } from '../../core/ports/queue.js';
import { epochMs, type EpochMs } from '../../core/time.js';
import { msOf, spanOf, type MessageType, type WireMessage } from './protocol.js';

/** Our key as a property: the broker's own list of keys cannot hold blanks. */
const KEY_PROPERTY = 'fanfare-key';
/** Bodies that a sender compressed are not unpacked beyond this: a small bomb is to fail, not to fill the memory. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

export interface Envelope {
  readonly topic: string;
  readonly type: MessageType;
  readonly messageId: string;
  readonly now: EpochMs;
  /** Messages of one group stand in one queue, in the order of sending. */
  readonly messageGroup?: string;
}

export function encodeMessage(message: OutboundMessage, envelope: Envelope): WireMessage {
  const { deliverAt } = message;
  return {
    topic: { name: envelope.topic },
    userProperties: { [KEY_PROPERTY]: encodeText(message.key) },
    systemProperties: {
      messageId: envelope.messageId,
      messageType: envelope.type,
      bodyEncoding: 'IDENTITY',
      bodyDigest: { type: 'CRC32', checksum: '' },
      bornTimestamp: spanOf(envelope.now),
      bornHost: '127.0.0.1',
      queueId: 0,
      ...(canBeIndexed(message.key) ? { keys: [message.key] } : {}),
      ...(envelope.messageGroup === undefined ? {} : { messageGroup: envelope.messageGroup }),
      ...(envelope.type === 'DELAY' && deliverAt !== undefined ? { deliveryTimestamp: spanOf(deliverAt) } : {}),
    },
    body: Buffer.from(message.body, 'utf8'),
  };
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly wireTopic: string;
  readonly key: string;
  readonly body: string;
  readonly sentAt: EpochMs;
  /** Deliveries by the broker, this one included. */
  readonly attempt: number;
  readonly handle: string;
}

/** A message whoever sent it: without our property its key is its message group, its first key or its id. */
export function decodeMessage(message: WireMessage): ReceivedMessage {
  const { systemProperties: system, userProperties } = message;
  const own = (userProperties as Partial<Record<string, string>> | undefined)?.[KEY_PROPERTY];
  const key = own === undefined ? (system.messageGroup ?? system.keys?.[0] ?? system.messageId) : decodeText(own);
  return {
    messageId: system.messageId,
    wireTopic: message.topic.name,
    key,
    body: unpack(message.body, system.bodyEncoding).toString('utf8'),
    sentAt: epochMs(msOf(system.bornTimestamp)),
    attempt: system.deliveryAttempt ?? 1,
    handle: system.receiptHandle ?? '',
  };
}

/** Java's clients compress bodies of 4 KiB and more, by zlib, and call it GZIP. What cannot be unpacked stays as it is. */
function unpack(body: Buffer | undefined, encoding: string): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (encoding !== 'GZIP') return body;
  try {
    return unzipSync(body, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch {
    return body;
  }
}

/** Properties cannot hold control characters: they separate them on the wire. */
export const encodeText = (text: string): string =>
  text.replace(/[%\u0000-\u001f\u007f]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

export const decodeText = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const canBeIndexed = (key: string): boolean => key !== '' && !/[\s\u0000-\u001f\u007f]/.test(key);
