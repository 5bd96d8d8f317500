import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMembers, runningCampaign } from '../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import type { CampaignId } from '../core/ids.js';
import type { Store } from '../core/ports/store.js';
import type { ChannelSettings } from './channel-settings.js';
import type { TaskOutcome } from './claim-right.js';
import type { PushTx } from './push-tx.js';
import { StreamTable, type OfferedTask } from './stream-table.js';

const SETTINGS: ChannelSettings = {
  channel: 'inbox',
  provider: undefined,
  windowMembers: 1_000,
  pace: {},
  maxDefiniteTries: 3,
  maxAmbiguousTries: 1,
  retry: { firstDelayMs: 1_000, maxDelayMs: 60_000 },
};

describe('tasks that come while the campaigns are read', () => {
  let temporary: TemporaryStore;
  let table: StreamTable;
  let ends: TaskOutcome[];
  let campaignId: CampaignId;
  beforeEach(async () => {
    temporary = await temporaryStore();
    table = new StreamTable(true);
    ends = [];
    await addMembers(temporary.store, temporary.clock, { count: 3 });
    campaignId = await runningCampaign(temporary.store, temporary.clock, { channels: ['inbox'] });
  });
  afterEach(() => temporary.remove());

  const task = (id: number): OfferedTask => ({
    campaignId: id,
    isExtra: false,
    end: (outcome) => void ends.push(outcome),
  });
  /** Reads, and does `meanwhile` before the reading has ended. */
  const load = (meanwhile: () => unknown) => {
    const { store, clock } = temporary;
    const slow: Store<PushTx> = {
      transaction: (body, options) => store.transaction(body, options),
      read: async (body) => {
        const result = await store.read(body);
        await meanwhile();
        return result;
      },
    };
    return table.load(slow, SETTINGS, new MemoryPacer(clock), 0);
  };
  const nothing = (): void => undefined;
  const buckets = (): number => [...table.all()].reduce((sum, { right }) => sum + right.buckets, 0);

  it('wait for the next reading where this one did not see their campaign', async () => {
    await load(() => void table.offer(task(campaignId + 1), 0));
    expect(ends).toEqual([]);
    await load(nothing);
    expect(ends).toEqual(['refused']);
  });

  it('and were taken back meanwhile give no right to claim', async () => {
    const offered = task(campaignId);
    table.offer(offered, 0);
    await load(() => table.withdraw(offered));
    expect(buckets()).toBe(0);
  });

  it('and were refused meanwhile, in a stop, give no right to claim', async () => {
    table.offer(task(campaignId), 0);
    await load(() => table.refuseTasks());
    expect([buckets(), ends]).toEqual([0, ['refused']]);
  });

  it('are kept where the reading fails', async () => {
    table.offer(task(campaignId), 0);
    await expect(load(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(ends).toEqual([]);
    await load(nothing);
    expect(buckets()).toBeGreaterThan(0);
  });
});
