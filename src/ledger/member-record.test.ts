import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBooks, settleCells } from '../../test/support/books.js';
import { addMembers, changeMember } from '../../test/support/members.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import { OUTCOME_CODES, pendingCode } from './cell-code.js';
import { readMemberRecord } from './member-record.js';

describe("a member's record", async () => {
  const { store, clock, remove } = await temporaryStore();
  beforeAll(() =>
    addMembers(store, [
      { ordinal: 500, memberId: 'li-wei', name: 'Li Wei', level: 3 },
      { ordinal: 501, memberId: 'wang-fang', name: '王芳' },
    ]),
  );
  afterAll(remove);

  const read = (memberId: string, limit = 10, before?: CampaignId) =>
    readMemberRecord(store, { memberId, limit, before, language: 'en' });

  it('says what each channel did, when, the text as sent, and the reason where nothing was sent', async () => {
    const handedOver = clock.now() + 60_000;
    const message = { body: 'Dear {{member.name}}, level {{member.level}}' };
    const books = await openBooks(store, { ordinals: [499, 500, 777], channels: ['sms', 'email', 'app'], message });
    await settleCells(store, books, { channel: 'sms', codeOf: () => OUTCOME_CODES.sent, at: handedOver });
    await settleCells(store, books, {
      channel: 'email',
      codeOf: () => OUTCOME_CODES.suppressedNoConsent,
      at: handedOver,
    });
    await settleCells(store, books, {
      channel: 'app',
      codeOf: (ordinal) => (ordinal === 500 ? OUTCOME_CODES.failedAddress : OUTCOME_CODES.sent),
      at: handedOver,
    });
    const detail = {
      ordinal: 500,
      at: clock.now(),
      cellCode: OUTCOME_CODES.failedAddress,
      vendorCode: 'Unregistered',
      vendorText: 'no such token',
      vendorMessageId: null,
    };
    const app = { campaignId: books.campaignId, channel: 'app' as const };
    await store.transaction((tx) => tx.ledger.addDetails(app, [detail]));

    const { campaigns, nextBefore } = await read('li-wei');
    expect(nextBefore).toBeNull();
    const sent = {
      tries: null,
      firstHandoverAt: handedOver,
      lastHandoverAt: handedOver,
      message: { body: 'Dear Li Wei, level 3' },
      hasMemberChanged: false,
    };
    expect(campaigns).toEqual([
      {
        campaignId: books.campaignId,
        campaignName: `Campaign ${books.campaignId}`,
        launchedAt: clock.now(),
        channels: [
          { channel: 'sms', outcome: 'sent', outcomeClass: 'sent', reason: 'accepted', details: [], ...sent },
          {
            channel: 'email',
            outcome: 'suppressedNoConsent',
            outcomeClass: 'suppressed',
            reason: 'no consent for this channel',
            tries: null,
            firstHandoverAt: null,
            lastHandoverAt: null,
            details: [],
            message: null,
            hasMemberChanged: false,
          },
          {
            channel: 'app',
            outcome: 'failedAddress',
            outcomeClass: 'failed',
            reason: 'the vendor refused the address',
            details: [detail],
            ...sent,
          },
        ],
      },
    ]);

    await changeMember(store, 'li-wei', { changes: { name: 'Li Wei Jr' }, atMs: handedOver + 1 });
    const [after] = (await read('li-wei')).campaigns;
    expect(after?.channels.map(({ hasMemberChanged }) => hasMemberChanged)).toEqual([true, false, true]);
    expect(after?.channels[0]?.message?.body).toBe('Dear Li Wei Jr, level 3');
  });

  it('pages newest first over campaigns with and without the member', async () => {
    const hers: CampaignId[] = [];
    for (let index = 0; index < 130; index++) {
      const ordinals = index % 10 === 0 ? [1, 501] : [1, 2_000];
      const books = await openBooks(store, { ordinals, channels: ['sms'] });
      if (index % 10 === 0) hers.push(books.campaignId);
    }
    const seen: CampaignId[] = [];
    let before: CampaignId | undefined;
    for (let pages = 0; pages === 0 || before !== undefined; pages++) {
      const page = await read('wang-fang', 4, before);
      seen.push(...page.campaigns.map(({ campaignId }) => campaignId));
      before = page.nextBefore ?? undefined;
    }
    expect(seen).toEqual(hers.reverse());
  });

  it('shows the tries of a member who still waits', async () => {
    await addMembers(store, [{ ordinal: 9_000, memberId: 'waiting' }]);
    const books = await openBooks(store, { ordinals: [9_000], channels: ['sms'] });
    const code = pendingCode({ definite: 2, ambiguous: 1 });
    await settleCells(store, books, { channel: 'sms', codeOf: () => code });
    const [campaign] = (await read('waiting')).campaigns;
    expect(campaign?.channels[0]).toMatchObject({ outcome: 'pending', tries: { definite: 2, ambiguous: 1 } });
    await expect(read('stranger')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
