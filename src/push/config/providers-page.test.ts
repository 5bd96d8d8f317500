import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { documentedRows, settingsRows } from '../../../test/support/settings-table.js';
import { testKeys } from '../../../test/support/vendors/chunk.js';
import { systemClock } from '../../adapters/system/system-clock.js';
import { buildProvider } from '../../adapters/vendors/build-provider.js';
import { defaultKind } from '../../adapters/vendors/http/read-answers.js';
import { readVendorSecrets } from '../../adapters/vendors/vendor-spec.js';
import { setUpChannel } from '../channel-setup.js';
import { parseSettings } from '../../settings/parse-settings.js';
import { channelsSchema } from './channel-config.js';
import { httpProviderSchema } from './http-provider-config.js';
import { simulatedProviderSchema } from './simulated-provider-config.js';
import { smtpProviderSchema } from './smtp-provider-config.js';

const page = readFileSync(new URL('../../../docs/PROVIDERS.md', import.meta.url), 'utf8');

const exampleOf = (name: string): unknown =>
  JSON.parse(/```json\n([^]*?)```/.exec(page.split(`<!-- example ${name} -->`)[1] ?? '')?.[1] ?? '') as unknown;

describe('docs/PROVIDERS.md', () => {
  it.each<[string, z.ZodType]>([
    ['channel', channelsSchema.shape.sms.unwrap()],
    ['http', httpProviderSchema],
    ['smtp', smtpProviderSchema],
    ['simulated', simulatedProviderSchema],
  ])('lists every key of %s with its default and range, and no other', (name, schema) => {
    expect(documentedRows(page, name)).toEqual(settingsRows(schema));
  });

  it.each(['sms', 'app', 'email'] as const)('has an example for %s that works as it stands', async (channel) => {
    const channels = parseSettings(channelsSchema, exampleOf(channel), 'docs/PROVIDERS.md');
    const config = channels[channel];
    if (config === undefined) throw new Error(`There is no example for ${channel}.`);
    const secrets = readVendorSecrets(config.provider, () => 'secret');
    const provider = buildProvider({ channel, config: config.provider, secrets, keys: testKeys }, systemClock);
    const { offer } = setUpChannel(channel, config, provider);
    expect(offer.defaultMode).toBe(channel === 'email' ? 'atMostOnce' : 'keyed');
    await provider.close();
  });

  it('says what each status means', () => {
    const rows = documentedRows(page, 'statuses').flatMap(({ key, byDefault: one, range: many }) =>
      [...key.matchAll(/\d{3}/g)].map(([status]) => ({ status: Number(status), one, many })),
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { status, one, many } of rows) {
      expect([one, many]).toEqual([`\`${defaultKind(status, 1)}\``, `\`${defaultKind(status, 2)}\``]);
    }
  });
});
