import type { ProviderUnderTest, VendorBehaviour } from '../../conformance/provider.js';
import type { Provider } from '../../../src/core/ports/provider.js';
import { httpProviderSchema, type HttpProviderConfig } from '../../../src/push/config/http-provider-config.js';
import { parseSettings } from '../../../src/settings/parse-settings.js';
import { references } from './chunk.js';
import { JsonVendor, type VendorAnswer } from './json-vendor.js';

/** How long a vendor is waited for that says nothing, and one that answers: on a loaded machine that takes its time. */
export const SILENCE_MS = 300;
export const PATIENCE_MS = 60_000;

const refuses = (ordinal: number): boolean => ordinal % 7 === 3;

export interface Item {
  readonly ref: string;
}

/** Both vendors repeat what they were asked about in `items`. */
export const itemsOf = (json: unknown): readonly Item[] => (json as { readonly items: readonly Item[] }).items;

const codeFor = ({ ref }: Item): string => (refuses(references.read(ref)?.ordinal ?? 0) ? 'DEAD' : 'OK');

/** What the vendor does to show a behaviour. */
export const JSON_ANSWERS: Readonly<Record<Exclude<VendorBehaviour, 'isUnreachable'>, VendorAnswer>> = {
  accepts: ({ json }, response) => {
    response.end(JSON.stringify({ code: 'OK', results: itemsOf(json).map(({ ref }) => ({ ref, code: 'OK' })) }));
  },
  refusesSomeAddresses: ({ json }, response) => {
    const results = itemsOf(json).map((item) => ({ ref: item.ref, code: codeFor(item) }));
    response.end(JSON.stringify({ code: results[0]?.code, results: results.reverse() }));
  },
  throttles: (_hit, response) => response.writeHead(429, { 'retry-after': '2' }).end(),
  refusesAccount: (_hit, response) => response.writeHead(403).end('<html>no</html>'),
  isSilent: () => undefined,
  breaksOff: (_hit, _response, socket) => socket.destroy(),
};

const item = { to: '{{recipient.phone}}', text: '{{message.body}}', ref: '{{reference}}' };
/** The same vendor, with and without batches. */
export const JSON_SETTINGS = {
  batch: {
    body: { items: '{{items}}' },
    batch: { maxMembers: 100, item },
    answers: {
      members: {
        list: '/results',
        reference: '/ref',
        code: '/code',
        codes: { OK: 'accepted', DEAD: 'addressRefused' },
      },
    },
  },
  single: {
    body: { items: [item] },
    answers: { request: { code: '/code', codes: { OK: 'accepted', DEAD: 'addressRefused' } } },
  },
} as const;

/** A vendor that shows the behaviour, with a provider for it. */
export async function openJsonVendor(
  behaviour: VendorBehaviour,
  settings: object,
  openProvider: (config: HttpProviderConfig) => Provider,
): Promise<ProviderUnderTest> {
  const vendor = await JsonVendor.start();
  const base = { kind: 'http', url: `http://127.0.0.1:${vendor.port}/send`, connections: 4 };
  const timeoutMs = behaviour === 'isSilent' ? SILENCE_MS : PATIENCE_MS;
  const timeouts = { headersTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs };
  const config = parseSettings(httpProviderSchema, { ...base, ...timeouts, ...settings }, 'test');
  if (behaviour === 'isUnreachable') await vendor.stop();
  else vendor.answer = JSON_ANSWERS[behaviour];
  const provider = openProvider(config);
  return {
    provider,
    refuses,
    asked: () => vendor.hits.flatMap((hit) => itemsOf(hit.json).map(({ ref }) => ref)),
    async close() {
      const closed = provider.close();
      if (behaviour !== 'isUnreachable') await vendor.stop();
      await closed;
    },
  };
}

export const JSON_BEHAVIOURS = [...Object.keys(JSON_ANSWERS), 'isUnreachable'] as readonly VendorBehaviour[]; // the keys of a full record
