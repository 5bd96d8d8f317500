/** What a vendor refuses, and a vendor that is gone: who fails, who keeps an address, what pauses, what passes by itself. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { wordOf } from '../support/moody-vendor/expected-outcome.js';
import { isRefusedAddress } from '../support/moody-vendor/vendor-script.js';
import { reportFigures, size } from '../support/proof.js';
import { APP, CONNECTIONS, EMAIL, HTTP_CHANNELS, httpConfig, SMS } from './http-scene.js';
import { judge, phoneOf, Scene, TRIES, type SceneChannel } from './scene.js';

const MEMBERS = size(120, 600);
const DEADLINE_MS = 120_000;
/** How long it is gone once that was seen. */
const DOWN_MS = size(500, 180_000);

describe('a vendor over HTTP that refuses', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({
      members: MEMBERS,
      configOf: ({ httpPort }) => httpConfig(httpPort, { headersTimeoutMs: 60_000 }),
    });
  });
  afterAll(async () => {
    await scene.remove();
  });

  const booksOf = async (id: number, { channel }: SceneChannel) =>
    (await scene.api.campaign(id)).channels.find((row) => row.channel === channel);
  const metricIs = (line: RegExp): Promise<void> =>
    vi.waitFor(
      async () => {
        const response = await fetch(`${scene.server.url}/metrics`);
        expect(await response.text()).toMatch(line);
      },
      { timeout: DEADLINE_MS, interval: 20 },
    );
  const phone = async (index: number): Promise<string | null> => {
    const response = await fetch(`${scene.server.url}/v1/members/m${index}`);
    return z.object({ phone: z.string().nullable() }).parse(await response.json()).phone;
  };

  it.each(size([401, 404], [401, 402, 403, 404, 405]))(
    'everybody with %i: the channel pauses, nobody fails and no address is dropped; resumed, it goes on',
    async (status) => {
      const mark = await scene.vendor.mark();
      for (const { path } of [SMS, APP]) await scene.vendor.script(path, { kind: 'status', status, delivers: false });
      const id = await scene.launch([SMS, APP]);
      for (const channel of [SMS, APP]) {
        await vi.waitFor(async () => expect((await booksOf(id, channel))?.pauseReasons).toEqual(['accountRefused']), {
          timeout: DEADLINE_MS,
          interval: 50,
        });
        expect(await booksOf(id, channel)).toMatchObject({ books: { pending: MEMBERS, failed: 0, unknown: 0 } });
      }
      // What was asked before is answered before somebody resumes: a late refusal would pause again.
      for (const { channel } of [SMS, APP])
        await metricIs(new RegExp(`^fanfare_push_open_members\\{channel="${channel}"\\} 0$`, 'm'));
      for (const { path } of [SMS, APP]) await scene.vendor.script(path, { kind: 'accept' });
      for (const { channel } of [SMS, APP]) await scene.api.move(id, 'resume', channel);
      const state = await scene.api.completed(id, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      for (const channel of [SMS, APP]) {
        const { outcomes } = await judge(scene, { ...channel, campaignId: id, state, seen });
        expect(outcomes).toEqual({ sent: MEMBERS });
      }
      expect(await phone(7)).toBe(phoneOf(7));
    },
    DEADLINE_MS * 3,
  );

  it(
    'is not asked again about what it refused, nor more often than is set about what it fails',
    async () => {
      const mark = await scene.vendor.mark();
      await scene.vendor.script(APP.path, { kind: 'status', status: 400, delivers: false, some: true });
      await scene.vendor.script(EMAIL.path, { kind: 'status', status: 425, delivers: false, some: true });
      const id = await scene.launch([APP, EMAIL]);
      const state = await scene.api.completed(id, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      for (const [about, times, outcome] of [
        [APP, 1, 'failedMessage'],
        [EMAIL, TRIES.maxDefiniteTries, 'failedExhausted'],
      ] as const) {
        const { attempts, outcomes } = await judge(scene, { ...about, campaignId: id, state, seen });
        for (const [ordinal, tried] of attempts) expect(tried).toHaveLength(isRefusedAddress(ordinal) ? times : 1);
        const refused = [...attempts.keys()].filter(isRefusedAddress).length;
        expect(outcomes).toEqual({ sent: MEMBERS - refused, [outcome]: refused });
        expect(refused).toBeGreaterThan(10);
      }
      expect(await phone(3)).toBe(phoneOf(3));
      for (const { path } of [APP, EMAIL]) await scene.vendor.script(path, { kind: 'accept' });
    },
    DEADLINE_MS * 3,
  );

  it(
    'is gone for a while, refusing connections: the circuit opens, nobody fails, and all is well by itself when it is back',
    async () => {
      const mark = await scene.vendor.mark();
      await scene.vendor.command({ kind: 'down' });
      const id = await scene.launch(HTTP_CHANNELS);
      for (const { channel } of HTTP_CHANNELS)
        await metricIs(new RegExp(`^fanfare_push_circuit\\{channel="${channel}",state="open"\\} 1$`, 'm'));
      await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
      for (const channel of HTTP_CHANNELS)
        expect(await booksOf(id, channel)).toMatchObject({ books: { pending: MEMBERS }, pauseReasons: [] });
      await scene.vendor.command({ kind: 'up' });
      const state = await scene.api.completed(id, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      for (const channel of HTTP_CHANNELS) {
        const { outcomes } = await judge(scene, { ...channel, campaignId: id, state, seen });
        expect(outcomes).toEqual({ sent: MEMBERS });
      }
    },
    DEADLINE_MS + DOWN_MS * 2,
  );

  it(
    'drops the address that it was refused for, not one that came since',
    async () => {
      const mark = await scene.vendor.mark();
      await scene.vendor.script(SMS.path, { kind: 'refuseSome' });
      await scene.vendor.command({ kind: 'hold' });
      const id = await scene.launch([SMS]);
      // As many batches as there are connections; ordinal 3 is in the first, with the address that it had.
      await expect.poll(async () => (await scene.vendor.command({ kind: 'flush' })).heldRequests).toBe(CONNECTIONS);
      const changed = await fetch(`${scene.server.url}/v1/members/m3`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ phone: '+8613900000003' }),
      });
      expect(changed.ok).toBe(true);
      await scene.vendor.command({ kind: 'release' });
      const state = await scene.api.completed(id, DEADLINE_MS);
      const seen = await scene.vendor.seenSince(mark);
      expect(
        seen.some((request) =>
          request.members.some((member) => wordOf({ fault: request.fault, mark: member[3] }) === 'address'),
        ),
      ).toBe(true);
      await judge(scene, { ...SMS, campaignId: id, state, seen });
      expect(await phone(3)).toBe('+8613900000003');
      for (const index of [10, 17, 24]) {
        expect(isRefusedAddress(index)).toBe(true);
        expect(await phone(index)).toBeNull();
      }
      expect(await phone(11)).toBe(phoneOf(11));
    },
    DEADLINE_MS * 2,
  );

  it('leaves the API and the books as they should be', async () => {
    const { answered, p99Ms } = await scene.end();
    reportFigures('R12', {
      'ms p99 of the API while a vendor refuses or is gone': p99Ms,
      'API calls answered then': answered,
    });
  });
});
