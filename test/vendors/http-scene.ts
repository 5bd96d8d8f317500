/** Three HTTP channels over one vendor, a delivery mode each: batches with keys, single requests without. */
import type { MoodyVendor } from '../support/moody-vendor/moody-vendor.js';
import { TRIES, type SceneChannel } from './scene.js';

export const SMS: SceneChannel = { channel: 'sms', mode: 'keyed', path: '/keyed/batch' };
export const APP: SceneChannel = { channel: 'app', mode: 'atLeastOnce', path: '/plain/push' };
export const EMAIL: SceneChannel = { channel: 'email', mode: 'atMostOnce', path: '/plain/mail' };
export const HTTP_CHANNELS: readonly SceneChannel[] = [SMS, APP, EMAIL];

export const CONNECTIONS = 4;
const ITEM = { ref: '{{reference}}', text: '{{message.body}}' };
const CODES = { OK: 'accepted', DEAD: 'addressRefused' };
const RETRY = { firstDelayMs: 100, maxDelayMs: 300 };

export interface HttpSceneOptions {
  readonly connections?: number;
  readonly batchMembers?: number;
  /** Settings of the three channels beside their vendors. */
  readonly extra?: object;
  readonly headersTimeoutMs?: number;
}

/** `port` is the vendor's, or of whatever stands before it. */
export function httpConfig(
  port: MoodyVendor['ports']['httpPort'],
  { connections = CONNECTIONS, batchMembers = 20, extra = {}, headersTimeoutMs = 4_000 }: HttpSceneOptions = {},
): object {
  const base = { kind: 'http', connections, headersTimeoutMs, bodyTimeoutMs: 2_000 };
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  const single = { ...base, body: { messages: [ITEM] }, answers: { request: { code: '/code', codes: CODES } } };
  const batch = {
    ...base,
    url: url(SMS.path),
    body: { messages: '{{items}}' },
    batch: { maxMembers: batchMembers, item: { ...ITEM, to: '{{recipient.phone}}' } },
    keyLifeMs: 86_400_000,
    answers: { members: { list: '/results', reference: '/ref', code: '/code', codes: CODES } },
  };
  const common = { ...TRIES, retry: RETRY, ...extra };
  return {
    channels: {
      sms: { provider: batch, ...common },
      app: { provider: { ...single, url: url(APP.path) }, mode: APP.mode, ...common },
      email: { provider: { ...single, url: url(EMAIL.path) }, mode: EMAIL.mode, ...common },
    },
  };
}
