/**
 * A mail server that does everything that mail servers do, against the two delivery modes that mail can have. The judge
 * is the server's own log, member by member. Mail knows no keys, so a mail that may have gone out is either sent again
 * at most once and listed, or never.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MoodyVendor } from '../support/moody-vendor/moody-vendor.js';
import type { VendorFault } from '../support/moody-vendor/vendor-script.js';
import { reportFigures, size } from '../support/proof.js';
import { judge, Scene, TRIES, type SceneChannel } from './scene.js';

const MEMBERS = size(80, 400);
const STORM = size(6, 40);
const SLOW_STORM = size(4, 12);
const DEADLINE_MS = size(120_000, 240_000);

const CHANNELS: readonly SceneChannel[] = [
  { channel: 'app', mode: 'atLeastOnce', path: 'app' },
  { channel: 'email', mode: 'atMostOnce', path: 'email' },
];

function configOf({ smtpPort }: MoodyVendor['ports']): object {
  const channels = CHANNELS.map(({ channel, mode, path }) => {
    const where = { kind: 'smtp', host: '127.0.0.1', port: smtpPort, tls: 'none', connections: 4 };
    const timeouts = { socketTimeoutMs: 4_000, finalAnswerTimeoutMs: 4_000 };
    const provider = { ...where, ...timeouts, from: { name: 'Shop', address: `${path}@shop.example` } };
    return [channel, { provider, mode, ...TRIES, retry: { firstDelayMs: 100, maxDelayMs: 300 } }];
  });
  return { channels: Object.fromEntries(channels) as object };
}

const reply = (stage: 'greeting' | 'sender' | 'recipient' | 'dot', code: number, text: string): VendorFault => ({
  kind: 'smtp',
  stage,
  code,
  text,
  some: false,
});
const toSome = (code: number, text: string): VendorFault => ({
  kind: 'smtp',
  stage: 'recipient',
  code,
  text,
  some: true,
});

type Case = readonly [what: string, fault: VendorFault, storm: number | null];
const when = (what: string, fault: VendorFault, storm: number | null = STORM): Case => [what, fault, storm];

const FAULTS: readonly Case[] = [
  when('does nothing wrong', { kind: 'accept' }),
  when('fails for now at MAIL', reply('sender', 451, '4.3.0 Later')),
  when('fails for now at RCPT', reply('recipient', 451, '4.7.1 Greylisted')),
  when('fails for now after the dot', reply('dot', 451, '4.3.0 Later')),
  when('refuses mails after the dot', reply('dot', 554, '5.7.1 Spam')),
  when('finds some mailboxes full', toSome(552, '5.2.2 Mailbox full'), null),
  when('hangs after the dot, having taken the mail', { kind: 'hang', delivers: true }, SLOW_STORM),
  when('hangs after the dot, not having taken it', { kind: 'hang', delivers: false }, SLOW_STORM),
  when('breaks off after the dot', { kind: 'reset', delivers: true }),
  // It leaves the server alone for 10 s each time.
  ...size<readonly Case[]>(
    [],
    [
      when('closes its door at MAIL', reply('sender', 421, '4.7.0 Too many'), 3),
      when('closes its door with its greeting', reply('greeting', 421, '4.7.0 Too many'), 3),
    ],
  ),
  // The last one: refused addresses are gone afterwards.
  when('knows some recipients not', toSome(550, '5.1.1 No such user'), null),
];

describe('a mail server', () => {
  let scene: Scene;
  const figures = { faults: 0, members: 0, doubled: 0, unknown: 0 };
  beforeAll(async () => {
    scene = await Scene.open({ members: MEMBERS, configOf });
  });
  afterAll(async () => {
    await scene.remove();
  });

  it.each(FAULTS)(
    'that %s: the books are what its log explains, in each mode',
    async (_what, fault, storm) => {
      const mark = await scene.vendor.mark();
      for (const { path } of CHANNELS) await scene.vendor.script(path, fault, { requests: storm });
      const campaignId = await scene.launch(CHANNELS);
      const state = await scene.api.completed(campaignId, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      expect(seen.filter((request) => request.fault.kind === fault.kind).length).toBeGreaterThan(1);
      for (const channel of CHANNELS) {
        const { outcomes, doubled } = await judge(scene, { ...channel, campaignId, state, seen });
        if (channel.mode === 'atMostOnce') expect(doubled).toBe(0);
        figures.doubled += channel.mode === 'atMostOnce' ? doubled : 0;
        figures.unknown += outcomes['unknown'] ?? 0;
      }
      figures.faults++;
      figures.members += MEMBERS * CHANNELS.length;
    },
    DEADLINE_MS * 2,
  );

  it(
    'that refuses the sender: the channels pause, nobody fails, and resumed they go on',
    async () => {
      const mark = await scene.vendor.mark();
      const refusal = reply('sender', 550, '5.7.1 Sender not allowed');
      for (const { path } of CHANNELS) await scene.vendor.script(path, refusal);
      const id = await scene.launch(CHANNELS);
      await vi.waitFor(
        async () => {
          for (const row of (await scene.api.campaign(id)).channels) {
            expect(row.pauseReasons).toEqual(['accountRefused']);
            expect(row.books).toMatchObject({ failed: 0, unknown: 0, sent: 0 });
          }
        },
        { timeout: DEADLINE_MS, interval: 50 },
      );
      // What was asked before is answered before somebody resumes: a late refusal would pause again.
      await vi.waitFor(
        async () => {
          const text = await (await fetch(`${scene.server.url}/metrics`)).text();
          expect(text).not.toMatch(/^fanfare_push_open_members\{channel="(?:app|email)"\} [1-9]/m);
        },
        { timeout: DEADLINE_MS, interval: 20 },
      );
      for (const { channel, path } of CHANNELS) {
        await scene.vendor.script(path, { kind: 'accept' });
        await scene.api.move(id, 'resume', channel);
      }
      const state = await scene.api.completed(id, DEADLINE_MS);
      const seen = (await scene.vendor.seenSince(mark)).filter(({ fault }) => fault.kind === 'accept');
      for (const channel of CHANNELS) {
        const times = seen
          .filter(({ path }) => path === channel.path)
          .flatMap(({ members }) => members.map(([, ordinal]) => ordinal));
        expect(new Set(times).size).toBe(times.length);
        expect(state.channels.find((row) => row.channel === channel.channel)?.books['sent']).toBe(times.length);
      }
    },
    DEADLINE_MS * 2,
  );

  it('leaves the API and the books as they should be', async () => {
    const { answered, p99Ms } = await scene.end();
    reportFigures('R12', {
      'faults of a mail server': figures.faults,
      'mails in two modes': figures.members,
      'mails doubled at most once': figures.doubled,
      'mails unknown, listed': figures.unknown,
      'API calls answered beside them': answered,
      'ms p99 of the API beside them': p99Ms,
    });
  });
});
