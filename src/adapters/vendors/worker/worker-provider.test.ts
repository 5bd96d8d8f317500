import { afterEach, describe, expect, it } from 'vitest';
import { providerConformance } from '../../../../test/conformance/provider.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { chunkOf, neverAborted, references, testKeys } from '../../../../test/support/vendors/chunk.js';
import {
  itemsOf,
  JSON_ANSWERS,
  JSON_BEHAVIOURS,
  JSON_SETTINGS,
  openJsonVendor,
} from '../../../../test/support/vendors/json-behaviours.js';
import { JsonVendor } from '../../../../test/support/vendors/json-vendor.js';
import { MAIL_BEHAVIOURS, openMailVendor } from '../../../../test/support/vendors/mail-behaviours.js';
import type { Clock } from '../../../core/ports/clock.js';
import type { Chunk, Provider } from '../../../core/ports/provider.js';
import type { VendorConfig } from '../../../push/config/channel-config.js';
import { httpProviderSchema } from '../../../push/config/http-provider-config.js';
import { MINUTE_MS } from '../../../core/time.js';
import { systemClock } from '../../system/system-clock.js';
import { createProvider } from '../create-provider.js';
import type { WorkerHost } from './worker-host.js';
import { WorkerProvider, type VendorThreadEvent } from './worker-provider.js';

const events: VendorThreadEvent[] = [];

const openIn =
  (channel: 'sms' | 'email', clock: Clock = systemClock) =>
  (config: VendorConfig): Provider =>
    createProvider(channel, config, {
      clock,
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

  async function open(
    settings: object = {},
    clock: Clock = systemClock,
  ): Promise<{ readonly vendor: JsonVendor; readonly provider: WorkerProvider }> {
    const vendor = await JsonVendor.start();
    const url = `http://127.0.0.1:${vendor.port}/`;
    const config = httpProviderSchema.parse({ kind: 'http', url, ...JSON_SETTINGS.batch, ...settings });
    const provider = openIn('sms', clock)(config);
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
    const clock = new ManualClock();
    const { vendor, provider } = await open({ connections: 1 }, clock);
    const held: (() => void)[] = [];
    vendor.answer = (...asked) => held.push(() => JSON_ANSWERS.accepts(...asked));
    const send = (from: number, withinMs: Partial<Pick<Chunk, 'startWithinMs' | 'sendWithinMs'>>) =>
      provider.send(chunkOf({ channel: 'sms', count: 1, from, ...withinMs }), { signal: neverAborted });
    // One request under way and two chunks behind it are all that the thread takes; whoever comes then waits for it.
    const first = [0, 1, 2].map((from) => send(from, {}));
    const waiting = [
      { sendWithinMs: MINUTE_MS, startWithinMs: 2 * MINUTE_MS },
      { sendWithinMs: 2 * MINUTE_MS, startWithinMs: MINUTE_MS },
      { sendWithinMs: 2 * MINUTE_MS, startWithinMs: 2 * MINUTE_MS },
    ];
    const late = waiting.map((withinMs, index) => send(3 + index, withinMs));
    await expect.poll(() => held.length).toBe(1);
    clock.advance(MINUTE_MS);
    vendor.answer = JSON_ANSWERS.accepts;
    held[0]?.();
    expect((await Promise.all(first)).map(({ kinds }) => kinds)).toEqual(['accepted', 'accepted', 'accepted']);
    expect((await Promise.all(late)).map(({ kinds }) => kinds)).toEqual(['notSent', 'notSent', 'accepted']);
    const asked = vendor.hits.flatMap((hit) => itemsOf(hit.json)).map(({ ref }) => references.read(ref)?.ordinal);
    expect(asked.toSorted()).toEqual([0, 1, 2, 5]);
  });
});
