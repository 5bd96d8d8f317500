import { describe, expect, it } from 'vitest';
import { providerConformance, type VendorBehaviour } from '../../../../test/conformance/provider.js';
import { chunkOf, kindsOf, neverAborted } from '../../../../test/support/vendors/chunk.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import {
  simulatedProviderSchema,
  type SimulatedProviderConfig,
} from '../../../push/config/simulated-provider-config.js';
import { systemClock } from '../../system/system-clock.js';
import { simulatedKind } from './simulated-answers.js';
import { SimulatedProvider } from './simulated-provider.js';

const configOf = (settings: object): SimulatedProviderConfig =>
  simulatedProviderSchema.parse({ kind: 'simulated', ...settings });

const SETTINGS: Partial<Record<VendorBehaviour, object>> = {
  accepts: { latencyMs: 2, keyLifeMs: 86_400_000, maxMembers: 50 },
  refusesSomeAddresses: { answers: { addressRefused: 0.3 } },
  throttles: { answers: { throttled: 1 } },
  refusesAccount: { answers: { accountRefused: 1 } },
  isSilent: { latencyMs: 100, answers: { ambiguous: 1 } },
};

providerConformance('simulated', {
  channel: 'app',
  behaviours: Object.keys(SETTINGS) as readonly VendorBehaviour[], // the keys of the record above
  async open(behaviour) {
    const config = configOf(SETTINGS[behaviour] ?? {});
    const provider = new SimulatedProvider('app', config, { clock: systemClock, practice: undefined });
    return {
      provider,
      refuses: (ordinal) => simulatedKind(config, { ordinal, round: 0, repeat: 0 }) === 'addressRefused',
      asked: undefined,
      close: () => provider.close(),
    };
  },
});

describe('a simulated vendor', () => {
  const answers = { transient: 0.1, addressRefused: 0.05, messageRefused: 0.05, ambiguous: 0.1 };
  const open = (settings: object): SimulatedProvider =>
    new SimulatedProvider('sms', configOf(settings), { clock: new ManualClock(), practice: undefined });
  const send = async (provider: SimulatedProvider, round = 0): Promise<readonly string[]> =>
    kindsOf(await provider.send(chunkOf({ channel: 'sms', count: 1_000, round }), { signal: neverAborted }), 1_000);

  it('answers the same in every run of a seed, and differently under another', async () => {
    const first = await send(open({ answers }));
    expect(await send(open({ answers }))).toEqual(first);
    expect(await send(open({ answers, seed: 2 }))).not.toEqual(first);
    expect(await send(open({ answers }), 1)).not.toEqual(first);
  });

  it('answers in the shares of its settings', async () => {
    const kinds = await send(open({ answers }));
    for (const [kind, share] of Object.entries(answers)) {
      const seen = kinds.filter((other) => other === kind).length / 1_000;
      expect(Math.abs(seen - share)).toBeLessThan(0.04);
    }
  });

  it('has taken what it answered ambiguously, and says so when asked again', async () => {
    const provider = open({ answers: { ambiguous: 1 } });
    expect(new Set(await send(provider))).toEqual(new Set(['ambiguous']));
    expect(new Set(await send(provider))).toEqual(new Set(['accepted']));
  });

  it('refuses a request as a whole in its share of the asking, and not for ever', async () => {
    for (const kind of ['throttled', 'accountRefused']) {
      const refusals = await Promise.all(
        Array.from({ length: 30 }, async (_, seed) => {
          const provider = open({ answers: { [kind]: 0.5 }, seed });
          for (let asked = 0; asked < 60; asked++) if ((await send(provider))[0] === 'accepted') return asked;
          return Number.POSITIVE_INFINITY;
        }),
      );
      const mean = refusals.reduce((sum, each) => sum + each, 0) / refusals.length; // one, in the long run
      expect(mean, kind).toBeGreaterThan(0.4);
      expect(mean, kind).toBeLessThan(2);
    }
  });

  it('takes the time of its settings, on the clock it is given', async () => {
    const clock = new ManualClock();
    const provider = new SimulatedProvider('sms', configOf({ latencyMs: 200 }), { clock, practice: undefined });
    const answer = provider.send(chunkOf({ channel: 'sms', count: 1 }), { signal: neverAborted });
    await clock.run(199);
    expect(clock.sleeperCount).toBe(1);
    await clock.run(1);
    expect((await answer).kinds).toBe('accepted');
  });
});
