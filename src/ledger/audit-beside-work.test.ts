import { afterAll, describe, expect, it } from 'vitest';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { auditOf } from '../../test/support/audit-books.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { createReferenceCodec } from '../push/reference.js';
import { reportAudit } from './audit.js';
import type { AuditDifference } from './audit/audit-difference.js';
import { recordReceipts, type Receipt } from './record-receipts.js';

const references = createReferenceCodec({ current: { id: 1, secret: new Uint8Array(32).fill(3) }, previous: [] });
const MEMBERS = 4_321;

describe('the audit beside pushers at work', async () => {
  const { store, clock, remove } = await temporaryStore();
  afterAll(remove);

  it('finds nothing at any moment, while answers of all kinds and receipts come in', async () => {
    await addMembers(store, clock, {
      count: MEMBERS,
      fieldsOf: (index) => (index % 17 === 0 ? { consent: {} } : index % 19 === 0 ? { phone: null } : {}),
    });
    const campaignId = await runningCampaign(store, clock, { channels: ['inbox', 'sms'] });
    const provider = new ScriptedProvider({
      script: ({ ordinal, attempt }) => {
        if (ordinal % 11 === 0) return attempt < 1 ? 'ambiguous' : 'accepted';
        if (ordinal % 13 === 0) return 'transient';
        return ordinal % 7 === 0 && attempt === 0 ? 'throttled' : 'accepted';
      },
    });
    const pushers = [
      pusherOf(store, clock, { channel: 'inbox', provider: undefined }),
      pusherOf(store, clock, { channel: 'sms', provider }),
    ];
    for (const pusher of pushers) pusher.start();

    const found: AuditDifference[] = [];
    let receiptsSent = 0;
    let receiptsRecorded = 0;
    let rounds = 0;
    await runUntil(
      clock,
      async () => {
        const fresh = provider.taken.slice(receiptsSent, receiptsSent + 150);
        receiptsSent += fresh.length;
        const receipts = fresh.flatMap(({ ordinal, round }): Receipt[] =>
          ordinal % 3 === 0
            ? references
                .write({ campaignId, channel: 'sms', ordinals: [ordinal], rounds: [round] })
                .map((reference) => ({ reference, outcome: ordinal % 2 === 0 ? 'delivered' : 'bounced' }))
            : [],
        );
        const results = await recordReceipts({ store, clock, references }, receipts);
        receiptsRecorded += results.filter((result) => result === 'recorded').length;
        if (rounds++ % 5 === 0) found.push(...(await reportAudit(auditOf({ store, clock }))).differences);
        return isCompleted(store, campaignId);
      },
      { stepMs: 500 },
    );
    for (const pusher of pushers) {
      const stopped = pusher.stop(0);
      await runUntil(clock, () => pusher.stats().heldBuckets === 0);
      await stopped;
    }
    found.push(...(await reportAudit(auditOf({ store, clock }))).differences);
    expect(found).toEqual([]);
    expect(rounds).toBeGreaterThan(5);
    expect(receiptsRecorded).toBeGreaterThan(100);
    expect(await outcomes(store, campaignId, 'inbox')).toEqual({ sent: MEMBERS });
    const bySms = await outcomes(store, campaignId, 'sms');
    expect(Object.values(bySms).reduce((sum, members) => sum + members, 0)).toBe(MEMBERS);
    expect(bySms).toMatchObject({ delivered: expect.any(Number), bounced: expect.any(Number) });
  });
});
