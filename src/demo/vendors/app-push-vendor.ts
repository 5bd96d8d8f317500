#!/usr/bin/env node
/** A stand-in of an app-push vendor: one request per device, with a key; 404 with a code for a device that is gone. */
import { runHttpVendor } from './http-stand-in.js';

runHttpVendor({
  name: 'app-push-vendor',
  path: '/v1/push',
  read: (body) => {
    if (typeof body !== 'object' || body === null) return undefined;
    const { key, token, body: text } = body as Readonly<Record<string, unknown>>; // any object can be asked for names
    if (typeof key !== 'string' || typeof token !== 'string' || typeof text !== 'string') return undefined;
    return [{ key, recipient: token, text }];
  },
  answer: ([verdict]) =>
    verdict?.isRefused === true
      ? { status: 404, body: { error: { code: 'UNREGISTERED' } } }
      : { status: 200, body: { id: verdict?.key.slice(-12) } },
});
