import { describe, expect, it } from 'vitest';
import { campaignId } from '../core/ids.js';
import type { ChunkAnswer } from '../core/ports/provider.js';
import { epochMs } from '../core/time.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from '../ledger/cell-code.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import type { LedgerRow } from '../ledger/ledger-repository.js';
import { BucketImage } from './bucket-image.js';
import { kindAt, mergeAnswers } from './merge-answers.js';
import type { HeldBucket, PushStream } from './stream.js';

const { sent, failedAddress, failedMessage, failedExhausted, delivered, sentPossiblyDoubled, unknown } = OUTCOME_CODES;
const NOW = epochMs(50_000);
const SENT_AT = epochMs(49_000);
const FRESH = toInFlight(0);
const ONCE = pendingCode({ definite: 1, ambiguous: 0 });
const DOUBTFUL = pendingCode({ definite: 0, ambiguous: 1 });

/** A bucket of members 100, 101, … whose cells are these, all handed over in one chunk; and what a merge makes of it. */
function merge(
  cells: readonly number[],
  answer: ChunkAnswer,
  {
    mode = 'keyed',
    isStopping = false,
    ...changes
  }: Partial<HeldBucket> & { mode?: DeliveryMode; isStopping?: boolean } = {},
) {
  const deltas = new Int32Array(256);
  const held: HeldBucket = {
    stream: {
      campaignId: campaignId(1),
      channel: 'sms',
      rules: { mode, maxDefiniteTries: 2, maxAmbiguousTries: 1 },
    } as PushStream, // all that is read of it
    bucket: 0,
    token: 1,
    ordinals: Float64Array.from(cells, (_, index) => 100 + index),
    pass: { fresh: true, tried: true },
    lossCount: 0,
    hasLost: false,
    claimedCount: cells.length,
    cursor: cells.length,
    openCount: cells.length,
    freshAt: null,
    triedAt: null,
    ...changes,
  };
  const row: LedgerRow = {
    bucket: 0,
    memberCount: cells.length,
    cells: Uint8Array.from(cells),
    pendingCount: cells.length,
    token: 1,
    isLeased: true,
    lossCount: 0,
    nextAttemptAt: null,
    retryAt: null,
    openSince: SENT_AT,
    firstHandoverAt: SENT_AT,
    lastHandoverAt: SENT_AT,
  };
  const image = new BucketImage(held, row, deltas);
  const asked: number[] = [];
  const notes = mergeAnswers(
    image,
    { held, positions: Uint16Array.from(cells.keys()), answer, sentAt: SENT_AT },
    {
      now: NOW,
      isStopping,
      backOffMs: (tries) => {
        asked.push(tries);
        return tries * 1_000;
      },
      notSentMs: () => 300,
    },
  );
  const moved = [...deltas.entries()].filter(([, members]) => members !== 0);
  return { cells: [...image.cells], image, notes, asked, moved };
}

describe('merging what a vendor answered', () => {
  it('settles a chunk of first tries at once, and keeps nothing of it', () => {
    const { cells, image, notes, moved } = merge([FRESH, FRESH], { kinds: 'accepted' });
    expect(cells).toEqual([sent, sent]);
    expect(image.openCount).toBe(0);
    expect(notes).toEqual({ details: [], drops: [], accountRefusal: undefined });
    expect(moved).toEqual([
      [0, -2],
      [sent, 2],
    ]);
  });

  it('moves each cell by its own answer', () => {
    const { cells, image, moved } = merge([FRESH, FRESH, FRESH, toInFlight(ONCE)], {
      kinds: ['accepted', 'addressRefused', 'messageRefused', 'transient'],
    });
    expect(cells).toEqual([sent, failedAddress, failedMessage, failedExhausted]);
    expect(image.openCount).toBe(0);
    expect(moved).toEqual([[0, -4], ...[sent, failedAddress, failedMessage, failedExhausted].map((code) => [code, 1])]);
  });

  it('leaves what a receipt settled meanwhile', () => {
    const { cells, image, notes } = merge([delivered, FRESH], { kinds: 'addressRefused' });
    expect(cells).toEqual([delivered, failedAddress]);
    expect(notes.drops).toEqual([{ ordinal: 101, sentAt: SENT_AT }]);
    expect(image.openCount).toBe(0);
  });

  it('takes a missing answer for an ambiguous one', () => {
    expect([kindAt({ kinds: ['accepted'] }, 0), kindAt({ kinds: ['accepted'] }, 1)]).toEqual(['accepted', 'ambiguous']);
    expect(kindAt({ kinds: 'throttled' }, 7)).toBe('throttled');
    expect(merge([FRESH, FRESH], { kinds: ['accepted'] }).cells).toEqual([sent, DOUBTFUL]);
  });

  it('keeps the words about those who were not told, and nobody else', () => {
    const details = new Map([
      [0, { code: 'ok' }],
      [1, { code: '5.1.1', text: 'x'.repeat(600), vendorMessageId: 'v1' }],
    ]);
    const { notes } = merge(
      [FRESH, FRESH, FRESH, toInFlight(DOUBTFUL), toInFlight(DOUBTFUL)],
      { kinds: ['accepted', 'addressRefused', 'ambiguous', 'accepted', 'ambiguous'], details, detail: { code: 'all' } },
      { mode: 'atLeastOnce' },
    );
    expect(notes.details).toEqual([
      {
        ordinal: 101,
        at: NOW,
        cellCode: failedAddress,
        vendorCode: '5.1.1',
        vendorText: 'x'.repeat(500),
        vendorMessageId: 'v1',
      },
      { ordinal: 104, at: NOW, cellCode: unknown, vendorCode: 'all', vendorText: null, vendorMessageId: null },
    ]);
    expect(merge([FRESH], { kinds: 'messageRefused' }).notes.details).toMatchObject([{ vendorCode: null }]);
  });

  it('says possibly doubled of whom an earlier try may have reached, and keeps no words', () => {
    const { cells, notes } = merge([toInFlight(DOUBTFUL)], { kinds: 'accepted' }, { mode: 'atLeastOnce' });
    expect([cells, notes.details]).toEqual([[sentPossiblyDoubled], []]);
  });

  it('drops the addresses that the vendor calls dead', () => {
    const { notes } = merge([FRESH, FRESH, FRESH], { kinds: ['addressRefused', 'messageRefused', 'addressRefused'] });
    expect(notes.drops).toEqual([100, 102].map((ordinal) => ({ ordinal, sentAt: SENT_AT })));
  });

  it.each<[string, ChunkAnswer, boolean, number | null, number | null]>([
    ['not sent', { kinds: 'notSent', retryAfterMs: 9_000 }, false, 300, 300],
    ['not sent in a stop', { kinds: 'notSent' }, true, 0, 0],
    ['throttled', { kinds: 'throttled' }, false, 1_000, 1_000],
    ['throttled for long', { kinds: 'throttled', retryAfterMs: 9_000 }, false, 9_000, 9_000],
    ['throttled in short', { kinds: 'throttled', retryAfterMs: 500 }, false, 1_000, 1_000],
    ['the account refused', { kinds: 'accountRefused' }, false, 1_000, 1_000],
    ['ambiguous', { kinds: 'ambiguous' }, false, null, 2_000],
    ['a failure that passes, then another', { kinds: ['transient', 'throttled'] }, false, null, 1_000],
  ])('waits as it was answered: %s', (_, answer, isStopping, freshInMs, triedInMs) => {
    const { image } = merge([FRESH, toInFlight(ONCE)], answer, { isStopping });
    const inMs = (at: number | null) => (at === null ? null : at - NOW);
    expect([inMs(image.freshAt), inMs(image.triedAt)]).toEqual([freshInMs, triedInMs]);
  });

  it('draws chance once for all members of as many tries', () => {
    const ambiguous = merge([FRESH, FRESH, toInFlight(ONCE), toInFlight(ONCE)], { kinds: 'ambiguous' });
    expect(ambiguous.asked).toEqual([1, 2]);
  });

  it.each<[string, ChunkAnswer, string | undefined]>([
    ['in all words', { kinds: 'accountRefused', detail: { code: '401', text: 'bad key' } }, '401 bad key'],
    ['in one word', { kinds: 'accountRefused', detail: { text: 'no' } }, 'no'],
    ['without a word', { kinds: 'accountRefused' }, ''],
    ['at length', { kinds: 'accountRefused', detail: { text: 'y'.repeat(501) } }, 'y'.repeat(500)],
    ['by nobody being there', { kinds: 'accountRefused', detail: { code: 'ECONNREFUSED' } }, undefined],
    ['not at all', { kinds: 'transient', detail: { code: '401' } }, undefined],
  ])('names the refusal of an account: %s', (_, answer, words) => {
    expect(merge([FRESH], answer).notes.accountRefusal).toBe(words);
  });
});

describe('merging the death of what was sending', () => {
  const LOST: ChunkAnswer = { kinds: 'ambiguous', isSenderLost: true, detail: { code: 'DIED' } };

  it('is as a takeover, and waits as its losses say', () => {
    const { cells, image, notes } = merge([FRESH, delivered, toInFlight(ONCE)], LOST, { lossCount: 2 });
    expect(cells).toEqual([DOUBTFUL, delivered, pendingCode({ definite: 1, ambiguous: 1 })]);
    expect([image.openCount, image.lossCount, image.triedAt]).toEqual([0, 3, NOW + 3_000]);
    expect(notes).toEqual({ details: [], drops: [], accountRefusal: undefined });
  });

  it('leaves unknown, with its words, who is told at most once', () => {
    const { cells, notes, image } = merge([FRESH, FRESH], LOST, { mode: 'atMostOnce' });
    expect([cells, image.triedAt]).toEqual([[unknown, unknown], null]);
    expect(notes.details).toMatchObject([
      { ordinal: 100, at: NOW, cellCode: unknown, vendorCode: 'DIED' },
      { ordinal: 101, at: NOW, cellCode: unknown, vendorCode: 'DIED' },
    ]);
  });
});
