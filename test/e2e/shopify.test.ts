/**
 * A shop's own customers: its export, dirty as real ones are, is uploaded; devices come in a second file; a campaign to
 * a filter of them goes out over all four channels. The books must equal what the vendors, processes of their own, log,
 * member by member.
 */
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { CHANNELS, type Channel } from '../../src/core/channels.js';
import { readDeliveryLog } from '../../src/demo/vendors/read-delivery-log.js';
import type { VendorProcess } from '../../src/demo/vendors/vendor-process.js';
import {
  appPushVendorSettings,
  mailServerSettings,
  smsVendorSettings,
} from '../../src/demo/vendors/vendor-settings.js';
import { peekReference } from '../../src/push/reference.js';
import { CampaignApi } from '../support/campaign-api.js';
import { OutsideWorld } from '../support/outside-world.js';
import { ServerProcess } from '../support/server-process.js';
import { shopifyExport } from '../support/shopify-export.js';

const ROWS = 50_000;
const FIRST_CUSTOMER = 7_210_448_301_000;
const IMPORT_MS = 300_000;
const CAMPAIGN_MS = 300_000;

const jobSchema = z.object({
  id: z.int(),
  state: z.enum(['running', 'done', 'failed']),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
});

async function upload(url: string, type: string, body: string): Promise<z.output<typeof jobSchema>> {
  const response = await fetch(`${url}/v1/members/imports`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  const { id } = jobSchema.parse(JSON.parse(text));
  return vi.waitFor(
    async () => {
      const job = jobSchema.parse(await (await fetch(`${url}/v1/members/imports/${id}`)).json());
      expect(job.state).toBe('done');
      return job;
    },
    { timeout: IMPORT_MS, interval: 100 },
  );
}

/** Devices that the shop's app knows, a tenth of the customers; they agreed to be pushed to. */
const devices = (): string =>
  Array.from({ length: ROWS / 10 }, (_, index) =>
    JSON.stringify({
      memberId: String(FIRST_CUSTOMER + index * 10),
      pushToken: `device-of-${index}`,
      pushPlatform: 'android',
      consent: { app: 'granted' },
    }),
  ).join('\n');

/** How often each member was served by a vendor, by ordinal. */
async function served({ logFile }: VendorProcess): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>();
  for await (const { key } of readDeliveryLog(logFile)) {
    const ordinal = peekReference(key)?.ordinal ?? -1;
    times.set(ordinal, (times.get(ordinal) ?? 0) + 1);
  }
  return times;
}

it(
  'tells a filter of imported customers over four channels, and the books equal the vendors’ logs',
  async () => {
    const world = await OutsideWorld.open({});
    world.writeConfig({
      members: { defaultPhoneRegion: 'US' },
      channels: {
        sms: { provider: smsVendorSettings(world.sms.port) },
        app: { provider: appPushVendorSettings(world.app.port) },
        email: { provider: mailServerSettings(world.mail.port) },
      },
    });
    const server = await ServerProcess.start(world.dataFolder);
    try {
      const file = shopifyExport({ rows: ROWS, seed: 7 });
      const imported = await upload(server.url, 'text/csv', file.csv);
      expect(imported).toMatchObject({ created: file.customerCount, rejected: file.badLines.length });
      const again = await upload(server.url, 'text/csv', file.csv);
      expect(again).toMatchObject({ created: 0, rejected: file.badLines.length });
      await upload(server.url, 'application/x-ndjson', devices());

      const api = new CampaignApi(server.url);
      const { id, memberCount, reach } = await api.launch({
        name: 'For those who buy much',
        audience: { kind: 'filter', where: "tag = 'wholesale'" },
        channels: CHANNELS.map((channel) => ({
          channel,
          message: {
            ...(channel === 'email' && { subject: 'For {{member.name|you}}' }),
            body: 'Hello {{member.name|friend}}',
          },
        })),
      });
      expect(memberCount).toBeGreaterThan(5_000);
      const campaign = await api.completed(id, CAMPAIGN_MS);
      await world.stopVendors();

      for (const { channel, books, isBalanced } of campaign.channels) {
        expect(isBalanced, channel).toBe(true);
        expect(
          Object.values(books).reduce((sum, members) => sum + members, 0),
          channel,
        ).toBe(memberCount);
        expect(books['pending'], channel).toBe(0);
        expect((books['sent'] ?? 0) + (books['failed'] ?? 0) + (books['unknown'] ?? 0), channel).toBe(
          reach.get(channel),
        );
      }
      const vendors: readonly (readonly [Channel, VendorProcess])[] = [
        ['sms', world.sms],
        ['app', world.app],
        ['email', world.mail],
      ];
      for (const [channel, vendor] of vendors) {
        const outcomes = await api.outcomes(id, channel);
        const told = [...outcomes].filter(([, outcome]) => outcome === 'sent').map(([ordinal]) => ordinal);
        const times = await served(vendor);
        expect(told.length, channel).toBeGreaterThan(100);
        expect(
          [...times.keys()].sort((a, b) => a - b),
          channel,
        ).toEqual(told.sort((a, b) => a - b));
        expect(Math.max(...times.values()), channel).toBe(1);
      }
      expect(await api.auditDifferences()).toEqual([]);
      expect(await server.stop()).toBe(0);
    } finally {
      await server.kill();
      await world.remove();
    }
  },
  IMPORT_MS * 3 + CAMPAIGN_MS,
);
