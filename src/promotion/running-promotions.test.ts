import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { running } from '../../test/support/quote-builder.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { addMs, HOUR_MS } from '../core/time.js';
import type { Promotion } from './promotion.js';
import { RunningPromotions } from './running-promotions.js';

describe('running promotions', () => {
  let opened: TemporaryStore;
  let promotions: RunningPromotions;
  beforeEach(async () => {
    opened = await temporaryStore();
    promotions = new RunningPromotions(opened);
  });
  afterEach(() => opened.remove());

  const put = (id: number, changes: Partial<Promotion> = {}) => {
    const now = opened.clock.now();
    const window = { startsAt: addMs(now, -HOUR_MS), endsAt: addMs(now, HOUR_MS) };
    const promotion = running(id, { kind: 'directCut', cutMinor: 1n }, { ...window, ...changes });
    return opened.store.transaction((tx) => tx.promotions.insert(promotion));
  };
  const ids = async () => (await promotions.now()).map(({ id }) => id);
  const idsInside = () => opened.store.transaction(async (tx) => (await promotions.in(tx)).map(({ id }) => id));

  it('are those between start and end that nobody has ended', async () => {
    const now = opened.clock.now();
    await put(1);
    await put(2, { startsAt: addMs(now, 10) });
    await put(3, { endsAt: now });
    await put(4, { endedAt: now });
    expect([await ids(), await idsInside()]).toEqual([[1], [1]]);
  });

  it('start and end by the clock, without a change of any', async () => {
    const now = opened.clock.now();
    await put(1, { endsAt: addMs(now, 10) });
    await put(2, { startsAt: addMs(now, 10) });
    expect(await ids()).toEqual([1]);
    opened.clock.advance(10);
    expect(await ids()).toEqual([2]);
  });

  it('are read again after each change, by whichever process, and not without one', async () => {
    await put(1);
    expect(await ids()).toEqual([1]);
    let reads = 0;
    const watched = new RunningPromotions({
      ...opened,
      store: {
        ...opened.store,
        read: (body) =>
          opened.store.read((tx) =>
            body({
              ...tx,
              promotions: {
                ...tx.promotions,
                notOverAt: (now) => {
                  reads++;
                  return tx.promotions.notOverAt(now);
                },
              },
            }),
          ),
      },
    });
    for (let time = 0; time < 3; time++) await watched.now();
    expect(reads).toBe(1);
    await put(2);
    expect([(await watched.now()).length, await ids(), reads]).toEqual([2, [1, 2], 2]);
    await opened.store.transaction(async (tx) => {
      const found = await tx.promotions.lock(running(1, { kind: 'directCut', cutMinor: 1n }).id);
      if (found !== undefined) await tx.promotions.update({ ...found, version: 2, endedAt: opened.clock.now() }, 1);
    });
    expect([await ids(), await idsInside()]).toEqual([[2], [2]]);
  });

  it('are not remembered from a transaction that is undone', async () => {
    await put(1);
    await expect(
      opened.store.transaction(async (tx) => {
        await tx.promotions.update(
          { ...running(1, { kind: 'directCut', cutMinor: 1n }), version: 2, endedAt: opened.clock.now() },
          1,
        );
        expect(await promotions.in(tx)).toEqual([]);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await ids()).toEqual([1]);
  });
});
