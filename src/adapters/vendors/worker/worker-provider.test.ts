import { afterEach, describe, expect, it } from 'vitest';
import { providerConformance } from '../../../../test/conformance/provider.js';
import { chunkOf, kindsOf, neverAborted, testKeys } from '../../../../test/support/vendors/chunk.js';
import {
  itemsOf,
  JSON_ANSWERS,
  JSON_BEHAVIOURS,
  JSON_SETTINGS,
  openJsonVendor,
} from '../../../../test/support/vendors/json-behaviours.js';
import { JsonVendor } from '../../../../test/support/vendors/json-vendor.js';
import { MAIL_BEHAVIOURS, openMailVendor } from '../../../../test/support/vendors/mail-behaviours.js';
import type { Provider } from '../../../core/ports/provider.js';
import type { VendorConfig } from '../../../push/config/channel-config.js';
import { httpProviderSchema } from '../../../push/config/http-provider-config.js';
import { systemClock } from '../../system/system-clock.js';
import { createProvider } from '../create-provider.js';
import type { WorkerHost } from './worker-host.js';
import { WorkerProvider, type VendorThreadEvent } from './worker-provider.js';

const events: VendorThreadEvent[] = [];

const openIn =
  (channel: 'sms' | 'email') =>
  (config: VendorConfig): Provider =>
    createProvider(channel, config, {
      clock: systemClock,
      keys: testKeys,
      readSecret: () => 'secret',
      onEvent: (event) => events.push(event),
    });

providerConformance('HTTP in a thread', {
  channel: 'sms',
  behaviours: JSON_BEHAVIOURS,
  open: (behaviour) => openJsonVendor(behaviour, JSON_SETTINGS.batch, openIn('sms')),
});
providerConformance('SMTP in a thread', {
  channel: 'email',
  behaviours: MAIL_BEHAVIOURS,
  open: (behaviour) => openMailVendor(behaviour, openIn('email')),
});

describe('a provider in a thread', () => {
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    events.length = 0;
  });

  async function open(): Promise<{ readonly vendor: JsonVendor; readonly provider: WorkerProvider }> {
    const vendor = await JsonVendor.start();
    const url = `http://127.0.0.1:${vendor.port}/`;
    const provider = openIn('sms')(httpProviderSchema.parse({ kind: 'http', url, ...JSON_SETTINGS.batch }));
    if (!(provider instanceof WorkerProvider)) throw new Error('An HTTP vendor runs in a thread.');
    closers.push(async () => {
      await vendor.stop();
      await provider.close();
    });
    return { vendor, provider };
  }

  /** What nobody outside can ask for: the death of the thread. */
  const kill = (provider: WorkerProvider): Promise<void> => (provider as unknown as { host: WorkerHost }).host.kill();

  it('answers ambiguous for what its thread held when that died, and goes on with a new one', async () => {
    const { vendor, provider } = await open();
    vendor.answer = JSON_ANSWERS.isSilent;
    const lost = provider.send(chunkOf({ channel: 'sms', count: 3 }), { signal: neverAborted });
    await expect.poll(() => vendor.hits.length).toBe(1);
    await kill(provider);
    expect(await lost).toMatchObject({ kinds: 'ambiguous', detail: { code: 'senderThreadDied' } });
    vendor.answer = JSON_ANSWERS.accepts;
    const answer = await provider.send(chunkOf({ channel: 'sms', count: 3 }), { signal: neverAborted });
    expect(answer.kinds).toBe('accepted');
    expect(events).toEqual([{ kind: 'provider.threadDied', channel: 'sms', error: undefined, restartInMs: 100 }]);
  });

  it('sends nothing when no thread comes up in time, and can be closed meanwhile', async () => {
    const { vendor, provider } = await open();
    await kill(provider);
    const chunk = chunkOf({ channel: 'sms', count: 2, sendWithinMs: 5 });
    expect(await provider.send(chunk, { signal: neverAborted })).toEqual({ kinds: 'notSent' });
    await provider.close();
    expect(vendor.hits).toEqual([]);
  });

  it('counts the way to the thread against the time of a chunk', async () => {
    const { vendor, provider } = await open();
    vendor.answer = JSON_ANSWERS.accepts;
    const sends = Array.from({ length: 40 }, (_, index) =>
      provider.send(chunkOf({ channel: 'sms', count: 100, from: index * 100, sendWithinMs: 20 }), {
        signal: neverAborted,
      }),
    );
    const kinds = (await Promise.all(sends)).flatMap((answer) => kindsOf(answer, 100));
    const accepted = kinds.filter((kind) => kind === 'accepted').length;
    expect(accepted).toBe(vendor.hits.flatMap((hit) => itemsOf(hit.json)).length);
    expect(new Set([...kinds, 'accepted', 'notSent']).size).toBe(2);
  });
});
