import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import { DAY_MS } from '../core/time.js';
import { reportAudit } from '../ledger/audit.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import { readMemberRecord } from '../ledger/member-record.js';
import { parseOutcomeFilter } from '../ledger/outcome-filter.js';
import { readOutcomePage } from '../ledger/outcome-list.js';
import { forgetOldCells } from './forget-cells.js';

describe('cells of long ago', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  /** By SMS, where every tenth is refused, else by inbox: the first that can reach the member. */
  async function sendCampaign(): Promise<CampaignId> {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms', 'inbox'], policy: 'first' });
    const script = ({ ordinal }: { readonly ordinal: number }) =>
      ordinal % 10 === 0 ? ('messageRefused' as const) : ('accepted' as const);
    const pushers = [
      pusherOf(store, clock, { channel: 'sms', provider: new ScriptedProvider({ script }) }),
      pusherOf(store, clock, { channel: 'inbox', provider: undefined }),
    ];
    for (const pusher of pushers) pusher.start();
    await runUntil(clock, () => isCompleted(store, id));
    await Promise.all(pushers.map((pusher) => pusher.stop(0)));
    return id;
  }

  const kept = (id: CampaignId) =>
    temporary.store.read(async (tx) => ({
      rows: (await tx.ledger.rows({ campaignId: id, channel: 'sms' }, 0, 10)).length,
      details: (await tx.ledger.details({ campaignId: id, channel: 'sms' }, 10)).length,
      hasChoice: (await tx.ledger.choice(id, 0)) !== undefined,
    }));
  const list = (id: CampaignId) =>
    readOutcomePage(temporary.store, {
      campaignId: id,
      channel: 'sms',
      filter: parseOutcomeFilter([]),
      fromPlace: 0,
      limit: 10,
    });
  const campaignsOf = async (memberId: string) =>
    (await readMemberRecord(temporary.store, { memberId, limit: 10, language: 'en' })).campaigns.map(
      ({ campaignId }) => campaignId,
    );

  it('leave 400 days after the end, and their counts stay', async () => {
    const { store, clock } = temporary;
    const fieldsOf = (index: number) => (index % 2 === 0 ? {} : { phone: null });
    await addMembers(store, clock, { count: 2_500, fieldsOf });
    const old = await sendCampaign();
    const counts = { sms: await outcomes(store, old, 'sms'), inbox: await outcomes(store, old, 'inbox') };
    expect(counts.sms).toEqual({ sent: 1_000, failedMessage: 250, suppressedCovered: 1_250 });
    clock.advance(399 * DAY_MS);
    const young = await sendCampaign();

    await forgetOldCells({ store, clock });
    expect(await kept(old)).toEqual({ rows: 3, details: 1, hasChoice: true });

    clock.advance(2 * DAY_MS);
    await forgetOldCells({ store, clock });
    expect(await kept(old)).toEqual({ rows: 0, details: 0, hasChoice: false });
    expect(await kept(young)).toEqual({ rows: 3, details: 1, hasChoice: true });
    expect(await outcomes(store, old, 'sms')).toEqual(counts.sms);
    expect(await outcomes(store, old, 'inbox')).toEqual(counts.inbox);
    await expect(list(old)).rejects.toMatchObject({ code: 'CELLS_FORGOTTEN', values: { campaignId: old } });
    expect((await list(young)).members).toHaveLength(10);
    expect(await campaignsOf('m2')).toEqual([young]);
    expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
  });

  it('are taken away for good by the next run when one was stopped between two slices', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 2_500 });
    const id = await sendCampaign();
    clock.advance(401 * DAY_MS);
    await store.transaction((tx) => tx.campaigns.update(id, { cellsForgottenAt: clock.now() }));
    expect(await store.transaction((tx) => tx.ledger.forget(id, 2))).toBe(false);
    expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
    await forgetOldCells({ store, clock });
    expect(await kept(id)).toEqual({ rows: 0, details: 0, hasChoice: false });
  });

  it('are missed by the audit when only some of the counts are left', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 20 });
    const id = await sendCampaign();
    clock.advance(401 * DAY_MS);
    await forgetOldCells({ store, clock });
    await store.transaction((tx) =>
      tx.ledger.addCounts([{ campaignId: id, channel: 'inbox', code: OUTCOME_CODES.sent, members: 1 }]),
    );
    const { differences } = await reportAudit(auditOf(temporary));
    expect(differences).toEqual([expect.objectContaining({ kind: 'ledger.streamCounts', channel: 'inbox' })]);
  });
});
