import { DomainError } from '../../core/errors.js';
import type { WireMessage } from './protocol.js';

export interface BatchLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** What the broker stores around body, topic and properties of a message; counted high. */
const ENVELOPE_BYTES = 120;
/** Bytes that a property takes beside its name and value. */
const PROPERTY_BYTES = 2;
/** The protocol's limits for one message. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
export const MAX_PROPERTIES_BYTES = 16 * 1024;

/** Size of a message as the broker counts it: UTF-8 of body, topic and properties, and what is around them. */
export function sizeBytes(message: WireMessage): number {
  return ENVELOPE_BYTES + message.body.length + Buffer.byteLength(message.topic.name) + propertiesBytes(message);
}

function propertiesBytes({ userProperties, systemProperties }: WireMessage): number {
  const { keys = [], tag = '', messageGroup = '', messageId } = systemProperties;
  let total = 0;
  for (const text of [...keys, tag, messageGroup, messageId]) total += Buffer.byteLength(text) + PROPERTY_BYTES;
  for (const [name, value] of Object.entries(userProperties)) {
    total += Buffer.byteLength(name) + Buffer.byteLength(value) + PROPERTY_BYTES;
  }
  return total;
}

/**
 * @throws DomainError `INVALID_INPUT` for a message that no broker takes, however it is sent; the others are not its
 *   business and may be sent.
 */
export function assertCarriable(message: WireMessage): void {
  const bytes = message.body.length;
  const properties = propertiesBytes(message);
  if (bytes > 0 && bytes <= MAX_MESSAGE_BYTES && properties <= MAX_PROPERTIES_BYTES) return;
  const { messageId } = message.systemProperties;
  throw new DomainError(
    'INVALID_INPUT',
    `A message for ${message.topic.name} has a body of ${bytes} bytes of UTF-8 and ${properties} bytes of properties; the limits are 1 to ${MAX_MESSAGE_BYTES} and ${MAX_PROPERTIES_BYTES}. It was not sent; send ids instead of data.`,
    { topic: message.topic.name, sizeBytes: bytes, propertiesBytes: properties, messageId },
  );
}

/** Splits what goes to one topic, in order; a message larger than `maxBytes` goes alone. */
export function splitBatches(
  messages: readonly WireMessage[],
  limits: BatchLimits,
): readonly (readonly WireMessage[])[] {
  const batches: WireMessage[][] = [];
  let batch: WireMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeBytes(message);
    if (batch.length > 0 && (batch.length >= limits.maxMessages || bytes + size > limits.maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
