import type { Channel } from '../../../core/channels.js';
import type { Clock } from '../../../core/ports/clock.js';
import type { RecipientColumn } from '../../../core/ports/provider.js';
import type { HttpProviderConfig } from '../../../push/config/http-provider-config.js';
import type { ReferenceCodec } from '../../../push/reference.js';
import { RequestRenderer } from '../http/request-renderer.js';
import { RequestTemplate } from '../http/request-template.js';
import type { PracticeRenderer } from './simulated-provider.js';

const ADDRESS_FIELDS = {
  inbox: '{{reference}}',
  sms: '{{recipient.phone}}',
  email: '{{recipient.email}}',
  app: '{{recipient.pushToken}}',
} as const satisfies Record<Channel, string>;

/** Renders chunks into the batch bodies of an HTTP vendor that does not exist. */
export function createPractice(
  channel: Channel,
  deps: { readonly clock: Clock; readonly references: ReferenceCodec },
): { readonly render: PracticeRenderer; readonly recipientColumns: readonly RecipientColumn[] } {
  const template = new RequestTemplate(practiceVendor(channel), { named: {}, signing: undefined });
  const renderer = new RequestRenderer(template, deps.references);
  return {
    recipientColumns: template.recipientColumns,
    render(chunk) {
      const bound = renderer.bind(chunk);
      bound.request.render(Array.from(chunk.ordinals.keys()), deps.clock.now());
    },
  };
}

/** Written out in full: the schema that fills in defaults is not loaded by threads that send. */
const practiceVendor = (channel: Channel): HttpProviderConfig => ({
  kind: 'http',
  url: 'http://practice.invalid/',
  method: 'POST',
  headers: {},
  secrets: {},
  body: { messages: '{{items}}' },
  batch: {
    maxMembers: 1_000,
    item: { to: ADDRESS_FIELDS[channel], title: '{{message.title}}', text: '{{message.body}}', ref: '{{reference}}' },
  },
  answers: { statuses: {}, throttleSpeaksFor: 'account' },
  connections: 1,
  connectTimeoutMs: 1_000,
  headersTimeoutMs: 1_000,
  bodyTimeoutMs: 1_000,
  keepAliveMs: 1_000,
  maxRequestBytes: 4 * 1_048_576,
  maxResponseBytes: 1_024,
});
