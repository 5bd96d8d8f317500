import { describe, expect, it } from 'vitest';
import { campaignId } from '../core/ids.js';
import { epochMs } from '../core/time.js';
import { markInFlight } from '../ledger/cell-moves.js';
import { OUTCOME_CODES, PENDING_FRESH, pendingCode, toPending } from '../ledger/cell-code.js';
import type { LedgerRow } from '../ledger/ledger-repository.js';
import { BucketImage } from './bucket-image.js';
import type { HeldBucket, PushStream } from './stream.js';

const TRIED = pendingCode({ definite: 1, ambiguous: 0 });

/** A bucket of these cells, in a pass over the fresh ones. */
function partsOf(cells: readonly number[], held: Partial<HeldBucket>, row: Partial<LedgerRow>) {
  return {
    held: {
      stream: { campaignId: campaignId(1), channel: 'sms' } as PushStream, // all that an image reads of it
      bucket: 0,
      token: 1,
      ordinals: Float64Array.from(cells.keys()),
      pass: { fresh: true, tried: false },
      lossCount: 0,
      hasLost: false,
      claimedCount: 2,
      cursor: 0,
      openCount: 0,
      freshAt: null,
      triedAt: null,
      ...held,
    } satisfies HeldBucket,
    row: {
      bucket: 0,
      memberCount: cells.length,
      cells: Uint8Array.from(cells),
      pendingCount: 2,
      token: 1,
      isLeased: true,
      lossCount: 0,
      nextAttemptAt: epochMs(0),
      retryAt: null,
      openSince: null,
      firstHandoverAt: null,
      lastHandoverAt: null,
      ...row,
    } satisfies LedgerRow,
  };
}

/** A bucket of two, one tried before and one fresh, in a pass over the fresh one. */
function inFreshPass(given: Partial<LedgerRow>): BucketImage {
  const { held, row } = partsOf([TRIED, PENDING_FRESH], {}, given);
  return new BucketImage(held, row, new Int32Array(256));
}

it("cuts nobody's wait short when a fresh member becomes a tried one beside those who wait", () => {
  const image = inFreshPass({ retryAt: epochMs(10_000) });
  image.move(1, TRIED);
  image.waitUntil(1, 3_000);
  expect(image.toWrite(epochMs(2_000), true).release).toEqual({ nextAttemptAt: null, retryAt: 10_000 });
});

it('waits as long as the last who came back where nobody waited before', () => {
  const image = inFreshPass({});
  image.move(1, TRIED);
  image.waitUntil(1, 3_000);
  expect(image.toWrite(epochMs(2_000), true).release).toEqual({ nextAttemptAt: null, retryAt: 3_000 });
});

it('gives back nobody as in flight: what is marked and on no socket is pending again', () => {
  const image = inFreshPass({ openSince: epochMs(5) });
  image.move(1, markInFlight(PENDING_FRESH));
  expect(image.toWrite(epochMs(2_000), false)).toMatchObject({ openSince: 5, cells: Uint8Array.of(TRIED, 64) });
  expect(image.toWrite(epochMs(2_000), true)).toMatchObject({ openSince: null, cells: Uint8Array.of(TRIED, 0) });
});

it('leaves those alone whom the pass did not look at', () => {
  const image = inFreshPass({ retryAt: epochMs(10_000) });
  image.move(1, toPending(markInFlight(PENDING_FRESH)));
  expect(image.toWrite(epochMs(2_000), true).release).toEqual({ nextAttemptAt: 2_000, retryAt: 10_000 });
});

describe('the image of a row', () => {
  const { sent, unknown, failedPoison } = OUTCOME_CODES;
  const NOW = epochMs(9_000);
  const DOUBTFUL = pendingCode({ definite: 0, ambiguous: 1 });

  function imageOf(cells: readonly number[], changes: Partial<HeldBucket> = {}, row: Partial<LedgerRow> = {}) {
    const deltas = new Int32Array(256);
    const { held, row: stored } = partsOf(cells, changes, row);
    const image = new BucketImage(held, stored, deltas);
    return { image, moved: () => [...deltas.entries()].filter(([, members]) => members !== 0) };
  }

  it('counts what moves to an outcome and nothing before one', () => {
    const { image, moved } = imageOf([0, 0, TRIED]);
    image.move(0, markInFlight(0));
    expect([moved(), image.hasSettledCells]).toEqual([[], false]);
    image.move(0, sent);
    image.move(0, OUTCOME_CODES.delivered);
    expect(moved()).toEqual([
      [0, -1],
      [OUTCOME_CODES.delivered, 1],
    ]);
    expect(image.hasSettledCells).toBe(true);
    expect([image.codeAt(0), image.codeAt(2)]).toEqual([OUTCOME_CODES.delivered, TRIED]);
    expect(() => image.codeAt(3)).toThrow('Broken invariant');
  });

  it('settles many at once, and knows when all are alike', () => {
    const { image, moved } = imageOf([64, 64, 0]);
    expect([image.areAll(Uint16Array.of(0, 1), 64), image.areAll(Uint16Array.of(0, 2), 64)]).toEqual([true, false]);
    image.settle(new Uint16Array(), sent);
    expect([moved(), image.hasSettledCells]).toEqual([[], false]);
    image.settle(Uint16Array.of(0, 1), sent);
    expect([[...image.cells], moved(), image.hasSettledCells]).toEqual([
      [sent, sent, 0],
      [
        [0, -2],
        [sent, 2],
      ],
      true,
    ]);
  });

  it('keeps a lease with its marks, and takes them back when it gives it up', () => {
    const cells = [markInFlight(0), markInFlight(TRIED), sent];
    expect([...imageOf(cells).image.toWrite(NOW, false).cells]).toEqual(cells);
    expect(imageOf(cells).image.toWrite(NOW, false)).toMatchObject({ release: undefined, openSince: NOW });
    const given = imageOf(cells).image.toWrite(NOW, true);
    expect([...given.cells]).toEqual([0, TRIED, sent]);
    expect(given).toMatchObject({
      openSince: null,
      counts: { pending: 2, sent: 1, failed: 0, unknown: 0, suppressed: 0 },
    });
  });

  it('is open since the first hand-over without an answer', () => {
    const since = epochMs(4_000);
    const open = (cells: readonly number[], row: Partial<LedgerRow> = {}) =>
      imageOf(cells, {}, row).image.toWrite(NOW, true);
    expect(open([DOUBTFUL, 0], { openSince: since }).openSince).toBe(since);
    expect(open([DOUBTFUL, 0]).openSince).toBe(NOW);
    expect(open([TRIED, unknown], { openSince: since }).openSince).toBeNull();
    const { image } = imageOf([0, 0], {}, { openSince: since });
    expect(image.startedOpenSince).toBe(since);
    image.noteHandover(NOW);
    image.move(0, markInFlight(0));
    expect(image.toWrite(NOW, false)).toMatchObject({ openSince: since, handedOverAt: NOW });
    const fresh = imageOf([markInFlight(0)]).image;
    fresh.noteHandover(epochMs(5_000));
    expect(fresh.toWrite(NOW, false)).toMatchObject({ openSince: 5_000, handedOverAt: 5_000 });
  });

  it('counts one loss however many chunks were lost, and forgets losses after a pass without one', () => {
    const { image } = imageOf([0, 0], { lossCount: 2, cursor: 2 });
    expect([image.isThrough, image.toWrite(NOW, true).lossCount]).toEqual([true, 0]);
    expect(image.toWrite(NOW, false).lossCount).toBe(2);
    image.noteLoss();
    image.noteLoss();
    expect([image.lossCount, image.toWrite(NOW, true).lossCount]).toEqual([3, 3]);
    expect(image.toHeld()).toMatchObject({ lossCount: 3, hasLost: true, cursor: 2 });
    const half = imageOf([0, 0], { lossCount: 2, cursor: 1 }).image;
    expect([half.isThrough, half.toWrite(NOW, true).lossCount]).toEqual([false, 2]);
  });

  it('gives up the member that stops every sender', () => {
    const { image } = imageOf([0, sent], { lossCount: 9 });
    image.giveUp(0);
    expect([image.codeAt(0), image.lossCount, image.givenUp]).toEqual([
      failedPoison,
      5,
      [{ ordinal: 0, cellCode: failedPoison }],
    ]);
    expect(() => image.giveUp(1)).toThrow('Broken invariant');
  });

  it('waits for the latest wish, of fresh and tried cells apart', () => {
    const { image } = imageOf([0, TRIED, 0, TRIED], { pass: { fresh: true, tried: true } });
    for (const [position, at] of [
      [0, 30],
      [2, 20],
      [1, 50],
      [3, 40],
    ] as const)
      image.waitUntil(position, at);
    expect([image.freshAt, image.triedAt]).toEqual([30, 50]);
    expect(image.toWrite(NOW, true).release).toEqual({ nextAttemptAt: 30, retryAt: 50 });
    expect(imageOf([0, TRIED], { pass: { fresh: true, tried: true } }).image.toWrite(NOW, true).release).toEqual({
      nextAttemptAt: NOW,
      retryAt: NOW,
    });
    expect(imageOf([sent]).image.toWrite(NOW, true).release).toEqual({ nextAttemptAt: null, retryAt: null });
  });

  it('is of a row that fits its bucket, whose bytes are codes', () => {
    expect(() => imageOf([0, 0], { ordinals: Float64Array.of(0) })).toThrow('Broken invariant');
    expect(() => imageOf([0, 255]).image.toWrite(NOW, false)).toThrow('255 is none');
  });
});
