import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DomainError } from '../../src/core/errors.js';
import { campaignId } from '../../src/core/ids.js';
import { addMs } from '../../src/core/time.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from '../../src/ledger/cell-code.js';
import { countClasses } from '../../src/ledger/cell-counts.js';
import type {
  BucketKey,
  ClaimOptions,
  ClaimedBucket,
  KeptLease,
  LedgerRow,
  LedgerWrite,
} from '../../src/ledger/ledger-repository.js';
import type { ManualClock } from '../support/manual-clock.js';
import type { Store } from '../../src/core/ports/store.js';
import { openBooks, type Books, type BooksTx } from '../support/books.js';

/** A store of its own for each test, and what can be done to it behind its back. */
export interface LedgerUnderTest {
  readonly store: Store<BooksTx>;
  readonly clock: ManualClock;
  /** What somebody else's hand does to the rows; checks of the schema do not hold it back. */
  tamper(sql: string): Promise<void>;
  /** So many zero bytes, in the store's SQL. */
  zeroBytes(count: number): string;
  /** Lets time pass for leases: of the store's own clock. */
  passLeaseTime(spanMs: number): Promise<void>;
  remove(): Promise<void>;
}

const { sent, failedAddress, unknown, suppressedErased } = OUTCOME_CODES;

/** What every ledger behind the port keeps. */
export function ledgerConformance(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`ledger conformance: ${name}`, () => {
    rowsConformance(open);
    countsConformance(open);
  });
}

function rowsConformance(open: () => Promise<LedgerUnderTest>): void {
  describe('a row of the ledger', () => {
    let temporary: LedgerUnderTest;
    let books: Books;
    let key: BucketKey;
    beforeEach(async () => {
      temporary = await open();
      books = await openBooks(temporary.store, {
        ordinals: Array.from({ length: 2_500 }, (_, index) => index * 2),
        channels: ['sms', 'email'],
      });
      key = { campaignId: books.campaignId, channel: 'sms', bucket: 0 };
    });
    afterEach(() => temporary.remove());

    const now = () => temporary.clock.now();
    const claim = (owner: string, options: Partial<ClaimOptions> = {}): Promise<readonly ClaimedBucket[]> =>
      temporary.store.transaction((tx) =>
        tx.ledger.claim(key, { audienceId: books.audienceId, limit: 1, now: now(), owner, ...options }),
      );
    const claimOne = async (owner: string): Promise<LedgerRow> => {
      const [claimed] = await claim(owner);
      if (claimed === undefined) throw new Error('nothing was due');
      return claimed.row;
    };
    /** A write of a row whose first members have these codes. */
    const writeOf = (row: LedgerRow, codes: readonly number[], changes: Partial<LedgerWrite> = {}): LedgerWrite => {
      const cells = Uint8Array.from(row.cells);
      cells.set(codes);
      const counts = countClasses(cells);
      if (counts === undefined) throw new Error('a byte that is no code');
      return {
        key: { ...key, bucket: row.bucket },
        token: row.token,
        cells,
        counts,
        openSince: null,
        handedOverAt: null,
        lossCount: row.lossCount,
        release: undefined,
        ...changes,
      };
    };
    const save = async (...writes: readonly LedgerWrite[]) =>
      temporary.store.transaction((tx) => tx.ledger.save(writes));
    const load = (token: number) => temporary.store.read((tx) => tx.ledger.load(key, token));
    const find = async (bucket = 0): Promise<LedgerRow> => {
      const row = await temporary.store.read((tx) => tx.ledger.find({ ...key, bucket }));
      if (row === undefined) throw new Error('the row is gone');
      return row;
    };
    const nextDueAt = () => temporary.store.read((tx) => tx.ledger.nextDueAt(key));
    const tamper = (sql: string) => temporary.tamper(sql);
    const numbersOf = (claimed: readonly ClaimedBucket[]) => claimed.map(({ row }) => row.bucket);

    it('is closed to whoever lost its lease, while another holds it', async () => {
      const lost = await claimOne('first');
      await temporary.store.transaction((tx) => tx.ledger.endAllLeases(now()));
      const held = await claimOne('second');
      expect(held.bucket).toBe(lost.bucket);
      expect(await load(lost.token)).toBeUndefined();
      const release = { nextAttemptAt: addMs(now(), 1), retryAt: null };
      expect(await save(writeOf(lost, [sent]), writeOf(lost, [sent], { release }))).toEqual([false, false]);
      expect((await find()).cells[0]).toBe(0);
      expect(await save(writeOf(held, [toInFlight(0)]))).toEqual([true]);
      expect((await load(held.token))?.cells[0]).toBe(toInFlight(0));
    });

    it('is free again when a timed lease was not renewed in time, and closed to its holder from then on', async () => {
      const [first, second, endless] = [
        ...(await claim('first', { limit: 2, leaseMs: 8_000 })),
        ...(await claim('folder')),
      ];
      if (first === undefined || second === undefined || endless === undefined) throw new Error('three were due');
      const leaseOf = ({ row }: ClaimedBucket) => ({ ...key, bucket: row.bucket, token: row.token });
      const renew = (owner: string, ...leases: readonly ClaimedBucket[]) =>
        temporary.store.transaction((tx) => tx.ledger.renewLeases(owner, leases.map(leaseOf), 8_000));
      const endExpired = () => temporary.store.transaction((tx) => tx.ledger.endExpiredLeases(now()));
      await temporary.passLeaseTime(4_000);
      expect(await endExpired()).toBe(0);
      expect(await renew('first', second), 'one statement for all').toEqual([true]);
      expect(await renew('thief', first)).toEqual([false]);
      await temporary.passLeaseTime(4_001);
      expect(await endExpired()).toBe(1);
      expect(await load(first.row.token)).toBeUndefined();
      expect(await save(writeOf(first.row, [sent]))).toEqual([false]);
      expect(await renew('first', first, second)).toEqual([false, true]);
      expect(numbersOf(await claim('heir', { leaseMs: 8_000 }))).toEqual([first.row.bucket]);
      await temporary.passLeaseTime(1_000_000);
      expect(await endExpired(), 'one without an end does not end').toBe(2);
      expect((await find(endless.row.bucket)).isLeased).toBe(true);
    });

    it('is left alone by a claim that names it', async () => {
      expect(numbersOf(await claim('first', { limit: 3, except: [0, 2] }))).toEqual([1]);
      expect(numbersOf(await claim('first', { limit: 3, except: [1, 2] }))).toEqual([0]);
      expect(await claim('first', { limit: 3, except: [2] })).toEqual([]);
    });

    it('begins with everybody pending, due when it was made', async () => {
      const due = now();
      expect(await find(2)).toEqual({
        bucket: 2,
        memberCount: 500,
        cells: new Uint8Array(500),
        pendingCount: 500,
        token: 0,
        isLeased: false,
        lossCount: 0,
        nextAttemptAt: due,
        retryAt: null,
        openSince: null,
        firstHandoverAt: null,
        lastHandoverAt: null,
      });
      expect(await temporary.store.read((tx) => tx.ledger.find({ ...key, bucket: 3 }))).toBeUndefined();
      expect(await nextDueAt()).toBe(due);
    });

    it('is claimed by one, in order of buckets, with who is in it', async () => {
      expect(await claim('early', { now: addMs(now(), -1) })).toEqual([]);
      const claimed = await claim('first', { limit: 2 });
      expect(numbersOf(claimed)).toEqual([0, 1]);
      expect(claimed.map(({ row }) => [row.token, row.isLeased, row.pendingCount])).toEqual([
        [1, true, 1_000],
        [1, true, 1_000],
      ]);
      expect(claimed.map(({ members }) => [members.bucket, members.from, members.memberCount])).toEqual([
        [0, 0, 1_000],
        [1, 2_000, 1_000],
      ]);
      expect(numbersOf(await claim('second', { limit: 9 }))).toEqual([2]);
      expect([await claim('third'), await nextDueAt()]).toEqual([[], null]);
      const stream = { ...key, channel: 'email' as const };
      const { hasLeased } = await temporary.store.read(async (tx) => ({
        hasLeased: [await tx.ledger.hasLeased(key), await tx.ledger.hasLeased(stream)],
      }));
      expect(hasLeased).toEqual([true, false]);
    });

    it('is claimed oldest due first, and answered in order of buckets', async () => {
      const rows = await claim('first', { limit: 3 });
      const dueIn = [3, 1, 2];
      await save(
        ...rows.map(({ row }, index) =>
          writeOf(row, [], { release: { nextAttemptAt: addMs(now(), dueIn[index] ?? 0), retryAt: null } }),
        ),
      );
      expect(await nextDueAt()).toBe(addMs(now(), 1));
      expect(numbersOf(await claim('second', { limit: 2, now: addMs(now(), 3) }))).toEqual([1, 2]);
    });

    it('keeps what its holder writes, and when it was handed over first and last', async () => {
      const row = await claimOne('first');
      const [first, second] = [addMs(now(), 10), addMs(now(), 20)];
      const codes = [sent, failedAddress, unknown, suppressedErased, toInFlight(0)];
      expect(await save(writeOf(row, codes, { openSince: first, handedOverAt: first, lossCount: 3 }))).toEqual([true]);
      expect(await save(writeOf(row, codes, { openSince: first, lossCount: 3 }))).toEqual([true]);
      expect(await save(writeOf(row, codes, { openSince: first, handedOverAt: second, lossCount: 3 }))).toEqual([true]);
      expect(await load(row.token)).toEqual({
        ...row,
        cells: Buffer.from(writeOf(row, codes).cells),
        pendingCount: 996,
        lossCount: 3,
        openSince: first,
        firstHandoverAt: first,
        lastHandoverAt: second,
      });
    });

    it.each([
      ['fresh cells', { nextAttemptAt: 5, retryAt: null }, 5],
      ['tried cells', { nextAttemptAt: null, retryAt: 7 }, 7],
      ['both, fresh ones first', { nextAttemptAt: 5, retryAt: 7 }, 5],
      ['both, tried ones first', { nextAttemptAt: 9, retryAt: 7 }, 7],
    ])('is due again, given back with %s', async (_, wished, dueInMs) => {
      const at = (inMs: number | null) => (inMs === null ? null : addMs(now(), inMs));
      const release = { nextAttemptAt: at(wished.nextAttemptAt), retryAt: at(wished.retryAt) };
      await claim('another', { limit: 3 });
      const held = await find();
      expect(await save(writeOf(held, [sent], { release }))).toEqual([true]);
      expect(await find()).toMatchObject({ isLeased: false, ...release });
      expect(await nextDueAt()).toBe(addMs(now(), dueInMs));
      expect(await save(writeOf(held, [failedAddress], { release }))).toEqual([false]);
      expect(await load(held.token)).toBeUndefined();
    });

    it('is not due once settled, and due while it is not', async () => {
      await claim('first', { limit: 3 });
      const held = await find();
      const all = new Array<number>(1_000).fill(sent);
      const never = { nextAttemptAt: null, retryAt: null };
      await expect(save(writeOf(held, [], { release: never }))).rejects.toThrow('Broken invariant');
      await expect(save(writeOf(held, all, { release: { ...never, retryAt: now() } }))).rejects.toThrow('Broken');
      expect(await save(writeOf(held, all, { release: never }))).toEqual([true]);
      expect(await nextDueAt()).toBeNull();
      expect(await find()).toMatchObject({ isLeased: false, pendingCount: 0 });
    });

    it('takes a receipt whoever holds it, and is due no more when that was the last', async () => {
      const merge = (codes: readonly number[]) =>
        temporary.store.transaction(async (tx) => {
          const { cells, counts } = writeOf(await find(), codes);
          await tx.ledger.merge(key, cells, counts);
        });
      await merge([OUTCOME_CODES.delivered]);
      expect(await find()).toMatchObject({ pendingCount: 999, token: 0, isLeased: false });
      expect(numbersOf(await claim('first'))).toEqual([0]);
      await temporary.store.transaction((tx) => tx.ledger.endAllLeases(now()));
      await merge(new Array<number>(1_000).fill(OUTCOME_CODES.delivered));
      expect(numbersOf(await claim('second', { limit: 9 }))).toEqual([1, 2]);
    });

    it('is found by what it holds', async () => {
      const [first, second, third] = await claim('first', { limit: 3 });
      if (first === undefined || second === undefined || third === undefined) throw new Error('three were due');
      const release = { nextAttemptAt: now(), retryAt: null };
      await save(
        writeOf(first.row, [sent, failedAddress], { release }),
        writeOf(second.row, [unknown, suppressedErased], { release }),
        writeOf(third.row, new Array<number>(500).fill(sent), { release: { nextAttemptAt: null, retryAt: null } }),
      );
      const buckets = (rows: readonly LedgerRow[]) => rows.map(({ bucket }) => bucket);
      const withClasses = (...classes: ('pending' | 'sent' | 'failed' | 'unknown' | 'suppressed')[]) =>
        temporary.store.read(async (tx) =>
          buckets(await tx.ledger.rowsWith(key, { classes, firstBucket: 0, limit: 9 })),
        );
      expect([
        await withClasses('pending'),
        await withClasses('sent'),
        await withClasses('failed'),
        await withClasses('unknown'),
        await withClasses('suppressed'),
        await withClasses('failed', 'unknown'),
        await withClasses(),
      ]).toEqual([[0, 1], [0, 2], [0], [1], [1], [0, 1], []]);
      await claim('second');
      await temporary.store.read(async (tx) => {
        expect(buckets(await tx.ledger.unsettled(key, 0, 9))).toEqual([1]);
        expect(buckets(await tx.ledger.rows(key, 0, 9))).toEqual([0, 1, 2]);
        expect(buckets(await tx.ledger.rows(key, 1, 1))).toEqual([1]);
        expect(buckets(await tx.ledger.rowsWith(key, { classes: ['sent'], firstBucket: 1, limit: 9 }))).toEqual([2]);
        expect(buckets(await tx.ledger.rowsWith(key, { classes: ['pending'], firstBucket: 0, limit: 1 }))).toEqual([0]);
      });
    });

    it('is put off by its holder or by nobody, and counts a loss', async () => {
      const putOff = (token: number | undefined) =>
        temporary.store.transaction((tx) => tx.ledger.putOff(key, { token, dueAt: addMs(now(), 50) }));
      await putOff(undefined);
      const later = addMs(now(), 50);
      expect(await find()).toMatchObject({
        lossCount: 1,
        token: 1,
        isLeased: false,
        nextAttemptAt: later,
        retryAt: null,
      });
      const [held] = await claim('first', { now: later });
      await temporary.store.transaction((tx) => tx.ledger.endAllLeases(later));
      const again = (await claim('second', { limit: 3, now: later })).find(({ row }) => row.bucket === 0)?.row;
      await putOff(held?.row.token);
      await putOff(undefined);
      expect(await find()).toMatchObject({ isLeased: true, token: again?.token });
      await putOff(again?.token);
      expect(await find()).toMatchObject({ isLeased: false, lossCount: 2 });
    });

    it('is taken from every holder when all are known to be dead', async () => {
      const [first, second] = await claim('first', { limit: 2 });
      if (first === undefined || second === undefined) throw new Error('two were due');
      await save(writeOf(second.row, new Array<number>(1_000).fill(sent)));
      const later = addMs(now(), 5);
      expect(await temporary.store.transaction((tx) => tx.ledger.endAllLeases(later))).toBe(2);
      expect(await temporary.store.transaction((tx) => tx.ledger.endAllLeases(later))).toBe(0);
      expect([await load(first.row.token), (await find()).isLeased]).toEqual([undefined, false]);
      expect(numbersOf(await claim('second', { limit: 9, now: later }))).toEqual([0, 2]); // nothing is left in 1
    });

    it('is taken from one who lost track of it, on its channel only', async () => {
      const [kept, stray] = await claim('first', { limit: 2 });
      await claim('other');
      const email = { ...key, channel: 'email' as const };
      await temporary.store.transaction((tx) =>
        tx.ledger.claim(email, { audienceId: books.audienceId, limit: 1, now: now(), owner: 'first' }),
      );
      const endStray = (keep: readonly KeptLease[], owner = 'first') =>
        temporary.store.transaction((tx) => tx.ledger.endStrayLeases({ owner, channel: 'sms', now: now(), keep }));
      const keep = { ...key, bucket: 0, token: kept?.row.token ?? -1, markedUntil: 0 };
      expect(await endStray([keep])).toBe(1);
      expect(await endStray([keep])).toBe(0);
      expect([(await find(0)).isLeased, (await find(1)).isLeased, (await find(2)).isLeased]).toEqual([
        true,
        false,
        true,
      ]);
      expect((await find(1)).token).toBe((stray?.row.token ?? 0) + 1);
      expect(await temporary.store.read((tx) => tx.ledger.hasLeased(email))).toBe(true);
      expect(await endStray([{ ...keep, token: keep.token - 1 }])).toBe(1); // an older lease is no reason to keep
      expect(await endStray([], 'nobody')).toBe(0);
    });

    it('loses the marks of one who lost track of it, and keeps what may have arrived', async () => {
      const [marked, tried] = await claim('first', { limit: 2 });
      if (marked === undefined || tried === undefined) throw new Error('two were due');
      const openSince = addMs(now(), -5);
      const once = pendingCode({ definite: 1, ambiguous: 0 });
      const lost = pendingCode({ definite: 0, ambiguous: 1 });
      await save(
        writeOf(marked.row, [toInFlight(0), sent, toInFlight(once)], { openSince }),
        writeOf(tried.row, [toInFlight(0), lost], { openSince }),
      );
      await temporary.store.transaction((tx) =>
        tx.ledger.endStrayLeases({ owner: 'first', channel: 'sms', now: now(), keep: [] }),
      );
      const [first, second] = [await find(0), await find(1)];
      expect([[...first.cells.subarray(0, 3)], first.openSince]).toEqual([[0, sent, once], null]);
      expect([[...second.cells.subarray(0, 2)], second.openSince]).toEqual([[0, lost], openSince]);
    });

    it('loses the marks that one who keeps it knows nothing of, and no others', async () => {
      const held = await claimOne('first');
      const openSince = addMs(now(), -5);
      const once = pendingCode({ definite: 1, ambiguous: 0 });
      await save(writeOf(held, [toInFlight(0), sent, toInFlight(0), toInFlight(once), sent], { openSince }));
      const takeBack = (markedUntil: number) =>
        temporary.store.transaction((tx) =>
          tx.ledger.endStrayLeases({
            owner: 'first',
            channel: 'sms',
            now: now(),
            keep: [{ ...key, bucket: 0, token: held.token, markedUntil }],
          }),
        );
      expect(await takeBack(1)).toBe(0);
      const row = await find(0);
      expect([[...row.cells.subarray(0, 5)], row.openSince, row.isLeased, row.token]).toEqual([
        [toInFlight(0), sent, 0, once, sent],
        openSince,
        true,
        held.token,
      ]);
      await takeBack(0);
      expect([[...(await find(0)).cells.subarray(0, 5)], (await find(0)).openSince]).toEqual([
        [0, sent, 0, once, sent],
        null,
      ]);
    });

    it('keeps its damage when one who lost track of it gives it up', async () => {
      await save(writeOf(await claimOne('first'), [toInFlight(0)], { openSince: now() }));
      await tamper(`UPDATE ledger_bucket SET cells = ${temporary.zeroBytes(1_000)} WHERE cells IS NOT NULL`);
      await temporary.store.transaction((tx) =>
        tx.ledger.endStrayLeases({ owner: 'first', channel: 'sms', now: now(), keep: [] }),
      );
      await expect(find()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });

    it('is left out when it is damaged, by the one who can wait, and named to others', async () => {
      await save(writeOf(await claimOne('first'), [sent], { release: { nextAttemptAt: now(), retryAt: null } }));
      await tamper(`UPDATE ledger_bucket SET cells = ${temporary.zeroBytes(1_000)} WHERE cells IS NOT NULL`);
      await expect(find()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      await expect(find()).rejects.toThrow(
        `The ledger row of campaign ${books.campaignId}, channel sms, bucket 0 was damaged`,
      );
      await expect(claim('first', { limit: 3 })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      const damages: DomainError[] = [];
      const onDamage = (error: DomainError) => {
        damages.push(error);
        return addMs(now(), 60);
      };
      expect(numbersOf(await claim('first', { limit: 3, onDamage }))).toEqual([1, 2]);
      expect(damages.map(({ code }) => code)).toEqual(['STORE_CORRUPT']);
      expect(await nextDueAt()).toBe(addMs(now(), 60));
    });

    it.each([
      ['cells that are too few', 'UPDATE ledger_bucket SET cells = <999>, crc = 1', 'Broken invariant'],
      ['cells without a check sum', 'UPDATE ledger_bucket SET cells = <1000>, crc = NULL', 'Broken invariant'],
      [
        'members that are damaged',
        'UPDATE audience_bucket SET first_ordinal = first_ordinal + 1',
        'Bucket 0 of audience 1',
      ],
      ['members in no form', 'UPDATE audience_bucket SET form = 9', 'Broken invariant'],
      ['no members', 'DELETE FROM audience_bucket', 'Broken invariant'],
    ])('is not used with %s', async (_name, sql, message) => {
      await tamper(sql.replace(/<(\d+)>/, (_, count) => temporary.zeroBytes(Number(count))));
      await expect(claim('first', { limit: 3 })).rejects.toThrow(message);
      if (message === 'Broken invariant')
        await expect(claim('first', { onDamage: () => now() })).rejects.toThrow(message); // no damage: a fault of ours
    });
  });
}

function countsConformance(open: () => Promise<LedgerUnderTest>): void {
  describe('the counts beside the rows', () => {
    it('add up what moved, by code, and forget what is none', async () => {
      const temporary = await open();
      const sms = { campaignId: campaignId(1), channel: 'sms' } as const;
      const add = (code: number, members: number) =>
        temporary.store.transaction((tx) => tx.ledger.addCounts([{ ...sms, code, members }]));
      const counts = async (channel: 'sms' | 'email' = 'sms') => [
        ...(await temporary.store.read((tx) => tx.ledger.counts({ ...sms, channel }))),
      ];
      await add(0, 10);
      await add(sent, 0);
      expect(await counts()).toEqual([[0, 10]]);
      await add(0, -4);
      await add(sent, 4);
      expect(await counts()).toEqual([
        [0, 6],
        [sent, 4],
      ]);
      await add(0, -6);
      await add(sent, 6);
      expect([await counts(), await counts('email')]).toEqual([[[sent, 10]], []]);
      await expect(add(sent, -11)).rejects.toThrow(/check|constraint/i);
      await temporary.remove();
    });

    it('stand beside choices, one per bucket of a campaign, the first that was made', async () => {
      const temporary = await open();
      const [one, other] = [campaignId(1), campaignId(2)];
      const choice = (id: typeof one, bucket: number) => temporary.store.read((tx) => tx.ledger.choice(id, bucket));
      const keep = (members: Uint8Array) =>
        temporary.store.transaction(async (tx) => Buffer.from(await tx.ledger.keepChoice(one, 3, members)));
      expect(await keep(Uint8Array.of(1, 255))).toEqual(Buffer.of(1, 255));
      expect(await keep(Uint8Array.of(2))).toEqual(Buffer.of(1, 255));
      expect([await choice(one, 3), await choice(one, 4), await choice(other, 3)]).toEqual([
        Buffer.of(1, 255),
        undefined,
        undefined,
      ]);
      await temporary.remove();
    });
  });
}
