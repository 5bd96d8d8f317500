import { afterEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/core/channels.js';
import { campaignId } from '../../src/core/ids.js';
import type { AnswerKind, Chunk, Provider } from '../../src/core/ports/provider.js';
import { chunkOf, kindsOf, neverAborted, references } from '../support/vendors/chunk.js';

/** What the vendor behind the provider does with everything it is asked. */
export type VendorBehaviour =
  | 'accepts'
  | 'refusesSomeAddresses'
  | 'throttles'
  /** Refuses whoever asks: 403, a failed login. */
  | 'refusesAccount'
  /** Takes the whole request and never answers. */
  | 'isSilent'
  /** Takes the whole request and breaks the connection. */
  | 'breaksOff'
  | 'isUnreachable';

export interface ProviderUnderTest {
  readonly provider: Provider;
  /** Members whose address the vendor refuses, under `refusesSomeAddresses`. */
  readonly refuses: (ordinal: number) => boolean;
  /** References of all members the vendor was asked about; undefined where nobody can know (a vendor in process). */
  readonly asked: (() => readonly string[]) | undefined;
  close(): Promise<void>;
}

export interface ProviderCase {
  readonly channel: Channel;
  readonly behaviours: readonly VendorBehaviour[];
  /** Time-outs of a silent vendor are short: the test waits for them. */
  open(behaviour: VendorBehaviour): Promise<ProviderUnderTest>;
}

/** Answers to which a retry or a failure may follow without asking whether the message went out. */
const DEFINITE: readonly AnswerKind[] = [
  'notSent',
  'accepted',
  'throttled',
  'transient',
  'addressRefused',
  'messageRefused',
  'accountRefused',
];

/** What every provider behind the port keeps. */
export function providerConformance(name: string, underTest: ProviderCase): void {
  const opened: ProviderUnderTest[] = [];
  const { channel } = underTest;
  const chunk = (options: Partial<Parameters<typeof chunkOf>[0]> = {}): Chunk =>
    chunkOf({ channel, count: 7, ...options });

  async function open(behaviour: VendorBehaviour): Promise<ProviderUnderTest> {
    const provider = await underTest.open(behaviour);
    opened.push(provider);
    return provider;
  }

  const whenVendor =
    (behaviour: VendorBehaviour) =>
    (title: string, body: () => Promise<void>): void => {
      if (underTest.behaviours.includes(behaviour)) it(title, body);
      else it.skip(`${title} (skipped: no vendor that ${behaviour} can stand behind it)`, body);
    };

  describe(`provider conformance: ${name}`, () => {
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    whenVendor('accepts')('answers accepted for every member, and asks about each once', async () => {
      const { provider, asked } = await open('accepts');
      const sent = chunk();
      const answer = await provider.send(sent, { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('accepted'));
      if (asked !== undefined) expect([...asked()].sort()).toEqual([...references.write(sent)].sort());
    });

    whenVendor('accepts')('gives each member and round a key of its own, the same when it is asked again', async () => {
      const { provider, asked } = await open('accepts');
      if (asked === undefined) return;
      await provider.send(chunk({ count: 2 }), { signal: neverAborted });
      await provider.send(chunk({ count: 2 }), { signal: neverAborted });
      await provider.send(chunk({ count: 2, round: 1 }), { signal: neverAborted });
      expect(asked()).toHaveLength(6);
      expect(new Set(asked()).size).toBe(4);
    });

    whenVendor('accepts')('writes the references of the campaign it is told', async () => {
      const { provider, asked } = await open('accepts');
      if (asked === undefined) return;
      const parent = campaignId(7);
      await provider.send({ ...chunk({ count: 1 }), referenceCampaignId: parent }, { signal: neverAborted });
      expect(asked().map((text) => references.read(text)?.campaignId)).toEqual([parent]);
    });

    whenVendor('accepts')('takes a full chunk, and an empty one', async () => {
      const { provider } = await open('accepts');
      const count = provider.capabilities.maxChunkMembers;
      const full = await provider.send(chunk({ count }), { signal: neverAborted });
      expect(new Set(kindsOf(full, count))).toEqual(new Set(['accepted']));
      expect(kindsOf(await provider.send(chunk({ count: 0 }), { signal: neverAborted }), 0)).toEqual([]);
    });

    whenVendor('accepts')('takes more chunks at once than it has connections', async () => {
      const { provider, asked } = await open('accepts');
      const chunks = Array.from({ length: 20 }, (_, index) => chunk({ count: 3, from: index * 3 }));
      const answers = await Promise.all(chunks.map((one) => provider.send(one, { signal: neverAborted })));
      expect(answers.flatMap((answer) => kindsOf(answer, 3))).toEqual(new Array(60).fill('accepted'));
      if (asked !== undefined) expect(new Set(asked()).size).toBe(60);
    });

    whenVendor('refusesSomeAddresses')('says of each member by itself whether its address was refused', async () => {
      const { provider, refuses } = await open('refusesSomeAddresses');
      const count = Math.min(40, provider.capabilities.maxChunkMembers);
      const answer = await provider.send(chunk({ count, from: 5 }), { signal: neverAborted });
      const expected = Array.from({ length: count }, (_, index) =>
        refuses(index + 5) ? 'addressRefused' : 'accepted',
      );
      expect(new Set(expected).size).toBe(2);
      expect(kindsOf(answer, count)).toEqual(expected);
    });

    whenVendor('throttles')('says that a vendor is asked too fast, and for how long', async () => {
      const { provider } = await open('throttles');
      const answer = await provider.send(chunk(), { signal: neverAborted });
      const kinds = kindsOf(answer, 7);
      expect(kinds[0]).toBe('throttled');
      // Who still waited for a connection then is not asked about.
      for (const kind of kinds) expect(['throttled', 'notSent']).toContain(kind);
      expect(answer.retryAfterMs).toBeGreaterThan(0);
    });

    whenVendor('throttles')('asks nothing more of a vendor that wants to be left alone', async () => {
      const { provider, asked } = await open('throttles');
      if (asked === undefined) return;
      await provider.send(chunk(), { signal: neverAborted });
      const before = asked().length;
      const answer = await provider.send(chunk({ from: 100 }), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('notSent'));
      expect(answer.isAccountThrottle).toBe(true);
      expect(answer.retryAfterMs).toBeGreaterThan(500);
      expect(asked()).toHaveLength(before);
    });

    whenVendor('refusesAccount')('fails nobody when the account is refused', async () => {
      const { provider } = await open('refusesAccount');
      const answer = await provider.send(chunk(), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('accountRefused'));
    });

    whenVendor('isUnreachable')('fails nobody when no connection is made', async () => {
      const { provider } = await open('isUnreachable');
      const answer = await provider.send(chunk(), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('accountRefused'));
      expect([...(answer.details?.values() ?? []), answer.detail].some((detail) => detail?.code !== undefined)).toBe(
        true,
      );
    });

    for (const behaviour of ['isSilent', 'breaksOff'] as const) {
      whenVendor(behaviour)(`knows nothing of a request that was written when the vendor ${behaviour}`, async () => {
        const { provider, asked } = await open(behaviour);
        const answer = await provider.send(chunk({ count: 1 }), { signal: neverAborted });
        expect(kindsOf(answer, 1)).toEqual(['ambiguous']);
        if (asked !== undefined) expect(asked()).toHaveLength(1);
      });
    }

    whenVendor('accepts')('writes nothing after its time', async () => {
      const { provider, asked } = await open('accepts');
      const answer = await provider.send(chunk({ sendWithinMs: -1 }), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('notSent'));
      if (asked !== undefined) expect(asked()).toEqual([]);
    });

    whenVendor('accepts')('begins nothing that waited too long for a connection', async () => {
      const { provider, asked } = await open('accepts');
      const answer = await provider.send(chunk({ startWithinMs: -1 }), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('notSent'));
      if (asked !== undefined) expect(asked()).toEqual([]);
    });

    whenVendor('accepts')('writes nothing for a sender that gave up before', async () => {
      const { provider, asked } = await open('accepts');
      const answer = await provider.send(chunk(), { signal: AbortSignal.abort() });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('notSent'));
      if (asked !== undefined) expect(asked()).toEqual([]);
    });

    whenVendor('isSilent')(
      'answers at once when its sender gives up: ambiguous what was written, else not sent',
      async () => {
        const { provider, asked } = await open('isSilent');
        const stop = new AbortController();
        const count = Math.min(60, provider.capabilities.maxChunkMembers);
        const sends = Array.from({ length: 5 }, (_, index) =>
          provider.send(chunk({ count, from: index * count }), { signal: stop.signal }),
        );
        if (asked !== undefined) await expect.poll(() => asked().length).toBeGreaterThan(0);
        stop.abort();
        const kinds = (await Promise.all(sends)).flatMap((answer) => kindsOf(answer, count));
        expect(new Set([...kinds, 'ambiguous', 'notSent']).size).toBe(2);
        if (asked !== undefined) {
          expect(kinds.filter((kind) => kind === 'ambiguous').length).toBeGreaterThanOrEqual(asked().length);
        }
      },
    );

    whenVendor('accepts')('may be closed twice, and sends nothing afterwards', async () => {
      const { provider, asked } = await open('accepts');
      const underWay = provider.send(chunk(), { signal: neverAborted });
      await Promise.all([provider.close(), provider.close()]);
      await provider.close();
      const before = asked?.().length;
      for (const kind of kindsOf(await underWay, 7)) expect(DEFINITE).toContain(kind);
      const answer = await provider.send(chunk({ from: 100 }), { signal: neverAborted });
      expect(kindsOf(answer, 7)).toEqual(new Array(7).fill('notSent'));
      expect(asked?.().length).toBe(before);
    });

    whenVendor('accepts')('states capabilities that make sense', async () => {
      const { provider } = await open('accepts');
      const { maxChunkMembers, maxRequestMembers, maxConcurrentRequests, isKeyed, keyLifeMs } = provider.capabilities;
      expect(maxChunkMembers).toBeGreaterThanOrEqual(maxRequestMembers);
      expect(maxRequestMembers).toBeGreaterThanOrEqual(1);
      expect(maxChunkMembers).toBeLessThanOrEqual(1_000);
      expect(maxConcurrentRequests).toBeGreaterThanOrEqual(1);
      expect(keyLifeMs !== undefined).toBe(isKeyed);
      expect(provider.channel).toBe(channel);
    });
  });
}
