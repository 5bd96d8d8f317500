/**
 * What a shop writes into its configuration to reach the stand-ins: the same settings that docs/PROVIDERS.md explains,
 * with nothing that knows of the stand-ins but their ports.
 */

/** An SMS vendor with batches, that remembers the key of each message for a day. */
export const smsVendorSettings = (port: number, sender?: string): object => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/v1/messages`,
  ...namedBy(sender),
  body: { messages: '{{items}}' },
  batch: {
    maxMembers: 1_000,
    item: { ref: '{{reference}}', to: '{{recipient.phone}}', text: '{{message.body}}' },
  },
  keyLifeMs: 86_400_000,
  answers: {
    request: { code: '/code', codes: { OK: 'accepted' } },
    members: {
      list: '/results',
      reference: '/ref',
      code: '/code',
      codes: { OK: 'accepted', NO_SUCH_NUMBER: 'addressRefused' },
    },
  },
  connections: 32,
});

/** A push vendor that is asked about one device at a time, with a key for each. */
export const appPushVendorSettings = (port: number, sender?: string): object => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/v1/push`,
  ...namedBy(sender),
  body: {
    key: '{{reference}}',
    token: '{{recipient.pushToken}}',
    title: '{{message.title}}',
    body: '{{message.body}}',
    link: '{{message.link}}',
  },
  keyLifeMs: 86_400_000,
  answers: { request: { code: '/error/code', codes: { UNREGISTERED: 'addressRefused' }, absent: 'accepted' } },
  connections: 32,
});

/** Each of several machines may name itself, so that the vendor can tell how much came from which. */
const namedBy = (sender: string | undefined): object =>
  sender === undefined ? {} : { headers: { 'x-sender': sender } };

/** A mail server on this machine. A machine names itself behind the @ of Message-ID. */
export const mailServerSettings = (port: number, sender?: string): object => ({
  kind: 'smtp',
  host: '127.0.0.1',
  port,
  tls: 'none',
  from: { name: 'Fanfare', address: 'offers@shop.example' },
  ...(sender !== undefined && { messageIdDomain: sender }),
  connections: 8,
});
