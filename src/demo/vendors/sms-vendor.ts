#!/usr/bin/env node
/** A stand-in of an SMS vendor: batches of up to 1,000, a key per message, an answer per message. */
import { runHttpVendor } from './http-stand-in.js';
import type { Delivery } from './vendor-book.js';

const MAX_BATCH = 1_000;

runHttpVendor({
  name: 'sms-vendor',
  path: '/v1/messages',
  read: (body) => {
    if (typeof body !== 'object' || body === null || !('messages' in body) || !Array.isArray(body.messages)) {
      return undefined;
    }
    if (body.messages.length > MAX_BATCH) return undefined;
    const deliveries = body.messages.map(toDelivery);
    return deliveries.every((delivery) => delivery !== undefined) ? deliveries : undefined;
  },
  answer: (verdicts) => ({
    status: 200,
    body: {
      code: 'OK',
      results: verdicts.map(({ key, isRefused }) => ({ ref: key, code: isRefused ? 'NO_SUCH_NUMBER' : 'OK' })),
    },
  }),
});

function toDelivery(message: unknown): Delivery | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { ref, to, text } = message as Readonly<Record<string, unknown>>; // any object can be asked for names
  if (typeof ref !== 'string' || typeof to !== 'string' || typeof text !== 'string') return undefined;
  return { key: ref, recipient: to, text };
}
