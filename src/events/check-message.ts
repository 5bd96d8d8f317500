import { DomainError } from '../core/errors.js';
import type { OutboundMessage } from '../core/ports/queue.js';

/** Limits that every queue behind the port can keep. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
export const MAX_KEY_CHARACTERS = 255;

/**
 * Refuses what some queue could not carry. Sizes are of UTF-8, not of characters.
 * @throws DomainError `INVALID_INPUT`.
 */
export function checkMessage(message: Pick<OutboundMessage, 'topic' | 'key' | 'body'>): void {
  const sizeBytes = Buffer.byteLength(message.body, 'utf8');
  if (sizeBytes === 0 || sizeBytes > MAX_BODY_BYTES) {
    throw new DomainError(
      'INVALID_INPUT',
      `A message body has 1 to ${MAX_BODY_BYTES} bytes of UTF-8, this one has ${sizeBytes}; send ids instead of data.`,
      {
        field: 'body',
        sizeBytes,
      },
    );
  }
  if (message.key.length > MAX_KEY_CHARACTERS || /\p{Cc}/u.test(message.key)) {
    throw new DomainError(
      'INVALID_INPUT',
      `A message key has at most ${MAX_KEY_CHARACTERS} characters and no control characters.`,
      { field: 'key' },
    );
  }
}
