import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withCleanUp } from '../../bench/support/clean-up.js';
import { Vendor } from '../../bench/support/vendor.js';
import { campaignId } from '../../src/core/ids.js';
import { createReferenceCodec } from '../../src/push/reference.js';
import { testKeys } from '../support/vendors/chunk.js';

const CAMPAIGN = campaignId(7);
const keys = createReferenceCodec(testKeys).write({
  campaignId: CAMPAIGN,
  channel: 'sms',
  ordinals: [0, 1, 2],
  rounds: [0, 0, 0],
});

describe('the vendor of benches', () => {
  it('logs what it takes, one message or a batch, and counts its members', () =>
    withVendor(async (vendor) => {
      await send(vendor, { key: keys[0], to: '+15550000000' });
      await send(vendor, { messages: keys.slice(1).map((ref) => ({ ref, to: '+15550000001' })) });
      expect(await vendor.counts()).toMatchObject({ requests: 2, messages: 3, inFlight: 0, maxInFlight: 1 });
      expect(await vendor.toldMembers('sms', CAMPAIGN)).toBe(3);
    }));

  it('lets no bench end well in which a member was told twice', () =>
    withVendor(async (vendor) => {
      await send(vendor, { key: keys[0], to: '+15550000000' });
      appendFileSync(vendor.logFile, `${keys[0] ?? ''}\t+15550000000\n`);
      await expect(vendor.toldMembers('sms', CAMPAIGN)).rejects.toThrow('1 members were told twice');
    }));

  it('resets whoever comes while it is away', () =>
    withVendor(async (vendor) => {
      await vendor.away();
      await expect(send(vendor, { key: keys[0], to: '+15550000000' })).rejects.toThrow();
      await vendor.back();
      await send(vendor, { key: keys[0], to: '+15550000000' });
    }));
});

const withVendor = (work: (vendor: Vendor) => Promise<void>): Promise<void> =>
  withCleanUp(async (cleanUp) => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-vendor-'));
    cleanUp.add(() => rmSync(folder, { recursive: true }));
    await work(await Vendor.start({ latencyMs: 0, logFile: join(folder, 'log') }, cleanUp));
  });

async function send(vendor: Vendor, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${vendor.port}/`, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(200);
}
