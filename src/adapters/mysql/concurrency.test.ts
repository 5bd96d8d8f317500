import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBooks, type Books } from '../../../test/support/books.js';
import { contextOf } from '../../../test/support/channel-catalogue.js';
import { activeCoupon } from '../../../test/support/coupon-builder.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { addMembers, removeMembers } from '../../../test/support/members.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../../test/support/temporary-mysql.js';
import { settleIfDone } from '../../campaign/settle.js';
import { startCampaign } from '../../campaign/start-campaign.js';
import { ordinal } from '../../core/ids.js';
import { DAY_MS, epochMs, parseInstant } from '../../core/time.js';
import { claimCoupons } from '../../coupon/claim/claim-coupons.js';
import { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import { OUTCOME_CODES } from '../../ledger/cell-code.js';
import { countClasses, countDeltas } from '../../ledger/cell-counts.js';
import type { BucketKey, ClaimedBucket, LedgerRow, LedgerWrite } from '../../ledger/ledger-repository.js';
import type { NodeBeat } from '../../nodes/node-repository.js';
import { createPromotion } from '../../promotion/create-promotion.js';
import { MysqlQueue } from './mysql-queue.js';
import { MysqlStore } from './mysql-store.js';
import type { MysqlTx } from './mysql-tx.js';

const { sent, delivered } = OUTCOME_CODES;

describeMysql('two nodes on one MySQL', () => {
  let database: TemporaryDatabase;
  let clock: ManualClock;
  let stores: readonly [MysqlStore, MysqlStore];
  beforeEach(async () => {
    database = await temporaryDatabase();
    clock = new ManualClock();
    // Both at once, on an empty database: the schema is made by one of them.
    const open = () => MysqlStore.open({ url: database.url, clock });
    stores = await Promise.all([open(), open()]);
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await database.drop();
  });

  const both = (index: number): MysqlStore => (index % 2 === 0 ? stores[0] : stores[1]);
  const times = <Result>(count: number, run: (store: MysqlStore, index: number) => Promise<Result>) =>
    Promise.all(Array.from({ length: count }, (_, index) => run(both(index), index)));
  const books = (buckets: number, channels: readonly ('sms' | 'email')[] = ['sms']): Promise<Books> =>
    openBooks(stores[0], { ordinals: Array.from({ length: buckets * 1_000 }, (_, index) => index), channels });
  const claim = (store: MysqlStore, { campaignId, audienceId }: Books, owner: string, limit: number) =>
    store.transaction((tx) =>
      tx.ledger.claim({ campaignId, channel: 'sms' }, { audienceId, limit, now: clock.now(), owner, leaseMs: 8_000 }),
    );

  /** Until a transaction waits for a lock, or there is no need to wait any more. */
  const untilSomeoneWaits = (isDone: () => boolean): Promise<void> => {
    const waits = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    // That view shows what it showed before to whoever looks within 100 ms.
    const waitsOrIsDone = async () => isDone() || (await database.query(waits)).length > 0;
    return expect.poll(waitsOrIsDone, { interval: 200 }).toBe(true);
  };

  it('beat, and end leases that ran out, while a transaction of another hangs', async () => {
    const frozen = await books(3);
    const [held] = await claim(stores[0], frozen, 'node a', 3);
    if (held === undefined) throw new Error('nothing was claimed');
    await database.query('UPDATE ledger_bucket SET leased_until = leased_until - 9000');
    await stores[0].transaction((tx) => tx.nodes.beat(beatOf('a')));
    const ended = await stores[0].transaction(async (hanging) => {
      await hanging.nodes.beat(beatOf('a'));
      await hanging.ledger.load({ ...frozen, channel: 'sms', bucket: held.row.bucket }, held.row.token);
      return stores[1].transaction(async (tx) => {
        await tx.nodes.beat(beatOf('b'));
        await tx.nodes.forgetSilent(DAY_MS);
        return tx.ledger.endExpiredLeases(clock.now());
      });
    });
    expect(ended).toBe(2);
    expect(stores.map((store) => store.stats().conflicts + store.stats().reconnects)).toEqual([0, 0]);
    expect(await stores[1].transaction((tx) => tx.ledger.endExpiredLeases(clock.now()))).toBe(1);
    await database.query("UPDATE node SET seen_at = 0 WHERE node_id = 'a'");
    expect(await stores[1].transaction((tx) => tx.nodes.forgetSilent(DAY_MS))).toBe(1);
    expect((await stores[1].read((tx) => tx.nodes.list())).map(({ nodeId }) => nodeId)).toEqual(['b']);
  });

  it('claim buckets without taking one twice, and refuse the token of a lease that ended', async () => {
    const frozen = await books(40);
    const shares = await times(10, (store, index) => claim(store, frozen, `node ${index % 2}`, 4));
    const buckets = shares.flat().map(({ row }) => row.bucket);
    expect(buckets.length).toBeGreaterThanOrEqual(4); // whoever met only locked rows got fewer
    expect(new Set(buckets).size).toBe(buckets.length);
    const rest = await claim(stores[0], frozen, 'node 0', 100);
    expect(new Set([...buckets, ...rest.map(({ row }) => row.bucket)]).size).toBe(40);

    const [stale] = shares.flat();
    if (stale === undefined) throw new Error('nothing was claimed');
    await database.query('UPDATE ledger_bucket SET leased_until = leased_until - 9000');
    expect(await stores[1].transaction((tx) => tx.ledger.endExpiredLeases(clock.now()))).toBe(40);
    const [taken] = await claim(stores[1], frozen, 'node 1', 40);
    expect(taken?.row.token).toBe(3); // claimed, ended, claimed
    const save = (row: LedgerRow) => stores[0].transaction((tx) => tx.ledger.save([writeOf(frozen, row, sent)]));
    expect(await save(stale.row)).toEqual([false]);
  });

  it('hold a campaign back that is launched while another node gives the last of its coupon', async () => {
    await addMembers(stores[0], [{ ordinal: 1, memberId: 'm-1' }]);
    const now = clock.now();
    const { id } = await activeCoupon((body) => stores[0].transaction(body), now, { stock: 1 });
    let taken = (): void => undefined;
    let commit = (): void => undefined;
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    const claiming = stores[0].transaction(async (tx) => {
      await claimCoupons(tx, () => now, [{ couponId: id, ordinal: ordinal(1), request: undefined }]);
      taken();
      await mayCommit;
    });
    await isTaken;
    let isLaunched = false;
    const launching = stores[1]
      .transaction((tx) =>
        startCampaign(tx, contextOf(clock), {
          name: 'Claim it',
          couponId: id,
          audience: { definition: { kind: 'everybody' }, buckets: [] },
          channels: [{ channel: 'sms', message: { body: 'Hello' } }],
        }),
      )
      .finally(() => (isLaunched = true));
    await untilSomeoneWaits(() => isLaunched);
    commit();
    await claiming;
    const { campaignId } = await launching;
    expect(await stores[0].read((tx) => tx.campaigns.find(campaignId))).toMatchObject({ pauseReasons: ['soldOut'] });
  });

  it('erase a member after the claim that she has made, and claim nothing for her once she is erased', async () => {
    await addMembers(stores[0], [{ ordinal: 1, memberId: 'm-1' }]);
    const { id } = await activeCoupon((body) => stores[0].transaction(body), clock.now());
    const outcomeIn = async (tx: MysqlTx) => {
      const claims = [{ couponId: id, ordinal: ordinal(1), request: undefined }];
      return (await claimCoupons(tx, () => clock.now(), claims))[0]?.outcome;
    };
    let isErased = false;
    let erasing: Promise<unknown> = Promise.resolve();
    const outcome = await stores[0].transaction(async (tx) => {
      const claimed = await outcomeIn(tx);
      erasing = removeMembers(stores[1], [1]).then(() => (isErased = true));
      await untilSomeoneWaits(() => isErased);
      expect(isErased).toBe(false);
      return claimed;
    });
    await erasing;
    expect([outcome, await stores[0].transaction(outcomeIn)]).toEqual(['granted', 'unknownMember']);
  });

  it('make one promotion of many equal submits at once', async () => {
    const startsAt = clock.now();
    const endsAt = parseInstant('2027-02-01T00:00:00Z');
    if (endsAt === undefined) throw new Error('no instant');
    const submit = (store: MysqlStore) =>
      store.transaction((tx) =>
        createPromotion<MysqlTx, never>(
          tx,
          { now: clock.now(), startCampaign: () => Promise.reject(new Error('nothing to start')) },
          {
            name: 'Double 11',
            description: undefined,
            rule: { kind: 'directCut', cutMinor: 500n },
            currency: 'CNY',
            scope: { kind: 'wholeShop' },
            startsAt,
            endsAt,
            createdBy: 'test',
            announce: undefined,
          },
        ),
      );
    const made = await times(20, submit);
    expect(new Set(made.map(({ promotion }) => promotion.id)).size).toBe(1);
    expect(made.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(await database.query('SELECT COUNT(*) AS n FROM promotion')).toEqual([{ n: 1 }]);
    expect(await database.query('SELECT COUNT(*) AS n FROM event')).toEqual([{ n: 1 }]);
  });

  it('have one effect under an Idempotency-Key, whichever of them is asked', async () => {
    const gates = stores.map((store) => new IdempotencyGate({ store, clock }));
    const request = { scope: 'POST /things', key: 'k', requestHash: new Uint8Array(32) };
    const answers = await times(10, (store, index) => {
      const gate = gates[index % 2];
      if (gate === undefined) throw new Error('two gates');
      return gate.run(request, (remember) =>
        store.transaction(async (tx) => {
          const name = `effect ${await tx.ids.take('job', 1)}`;
          await tx.facts.keepFirst(name, Uint8Array.of(1));
          const done = { status: 201, reference: name };
          await remember(tx, done);
          return done;
        }),
      );
    });
    const effects = await database.query("SELECT name FROM setting WHERE name LIKE 'effect%'");
    expect(effects).toHaveLength(1);
    expect(new Set(answers.map(({ reference }) => reference))).toEqual(new Set([effects[0]?.['name']]));
    expect(answers.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
  });

  it('give each id and ordinal once', async () => {
    const taken = await times(100, (store) =>
      store.transaction(async (tx) => [await tx.ids.take('ordinal', 3), await tx.ids.take('campaign', 1)] as const),
    );
    const ordinals = taken.flatMap(([first]) => [first, first + 1, first + 2]);
    expect([new Set(ordinals).size, Math.min(...ordinals), Math.max(...ordinals)]).toEqual([300, 0, 299]);
    expect(new Set(taken.map(([, id]) => id)).size).toBe(100);
  });

  it('keep the counts exact while they write, settle and receive receipts side by side', async () => {
    const frozen = await books(60, ['sms', 'email']);
    const turn = async (store: MysqlStore, channel: 'sms' | 'email'): Promise<number> =>
      store.transaction(async (tx) => {
        const stream = { campaignId: frozen.campaignId, channel };
        const claimed = await tx.ledger.claim(stream, {
          audienceId: frozen.audienceId,
          limit: 4,
          now: clock.now(),
          owner: 'node',
        });
        await tx.ledger.save(claimed.map(({ row }) => writeOf(frozen, row, sent, channel)));
        await tx.ledger.addCounts(claimed.flatMap(({ row }) => countDeltas(stream, row.cells, allOf(row, sent))));
        const pending = (await tx.ledger.counts(stream)).get(0) ?? 0;
        if (pending === 0) await settleIfDone(tx, frozen.campaignId, clock.now());
        return claimed.length;
      });
    /** A receipt for the first member of a bucket, whoever is at it. */
    const receipt = (store: MysqlStore, bucket: number) =>
      store.transaction(async (tx) => {
        const key: BucketKey = { campaignId: frozen.campaignId, channel: 'sms', bucket };
        const row = await tx.ledger.lock(key);
        if (row === undefined) throw new Error('the row is gone');
        const cells = Uint8Array.from(row.cells);
        if (cells[0] !== sent) return;
        cells[0] = delivered;
        const counts = countClasses(cells);
        if (counts === undefined) throw new Error('a byte that is no code');
        await tx.ledger.merge(key, cells, counts);
        await tx.ledger.addCounts(countDeltas(key, row.cells, cells));
      });
    const push = async (store: MysqlStore, channel: 'sms' | 'email'): Promise<void> => {
      for (let empty = 0; empty < 3;) empty = (await turn(store, channel)) === 0 ? empty + 1 : 0;
    };
    await Promise.all([
      times(4, (store) => push(store, 'sms')),
      times(4, (store) => push(store, 'email')),
      times(120, (store, index) => receipt(store, index % 60)),
    ]);
    const counts = new Map(
      await stores[0].read((tx) => tx.ledger.counts({ campaignId: frozen.campaignId, channel: 'sms' })),
    );
    const [cells] = await database.query(
      'SELECT CAST(SUM(sent_count) AS SIGNED) AS sent FROM ledger_bucket WHERE stream % 8 = 1',
    );
    expect(cells?.['sent']).toBe(60_000);
    expect((counts.get(sent) ?? 0) + (counts.get(delivered) ?? 0)).toBe(60_000);
    expect([...counts.keys()].every((code) => code === sent || code === delivered)).toBe(true);
    const campaign = await stores[0].read((tx) => tx.campaigns.find(frozen.campaignId));
    expect(campaign?.state).toBe('completed');
    const ends = await database.query("SELECT COUNT(*) AS n FROM event WHERE topic = 'campaign.completed'");
    expect(ends).toEqual([{ n: 1 }]);
  });

  it('lose no event to a reader who was there while others still wrote', async () => {
    const queues = stores.map((store) => new MysqlQueue({ store, clock }));
    const [queue] = queues;
    if (queue === undefined) throw new Error('two queues');
    await queue.ensureGroup({ topic: 'promotion.created', group: 'g' });
    const seen: string[] = [];
    let isWriting = true;
    const read = async (): Promise<void> => {
      for (let isEmpty = false; isWriting || !isEmpty;) {
        const messages = await queue.lease({
          topic: 'promotion.created',
          group: 'g',
          maxMessages: 50,
          leaseMs: 60_000,
        });
        await queue.ack('g', messages);
        seen.push(...messages.map(({ body }) => body));
        isEmpty = messages.length === 0;
      }
    };
    const write = async (): Promise<void> => {
      await times(200, (store, index) =>
        store.transaction(async (tx) => {
          await tx.outbox.append({ topic: 'promotion.created', key: `k${index}`, body: { promotionId: index } });
          if (index % 3 === 0) await tx.facts.read('a'); // so that commits overtake each other
        }),
      );
    };
    const end = (): void => void (isWriting = false);
    await Promise.all([read(), write().finally(end)]);
    await read();
    expect(new Set(seen).size).toBe(200);
    expect(seen).toHaveLength(200);
  });

  it('leave a leased event with its holder by the clock of the database, however far their own are apart', async () => {
    const behind = new MysqlQueue({ store: stores[0], clock });
    const ahead = new MysqlQueue({ store: stores[1], clock: new ManualClock('2027-01-01T00:01:00Z') });
    const options = { topic: 'promotion.created', group: 'g', maxMessages: 10, leaseMs: 30_000 };
    const bodies = async (queue: MysqlQueue) => (await queue.lease(options)).map(({ body }) => body);
    const pass = (spanMs: number) =>
      database.query('UPDATE delivery SET due_at = due_at - ? WHERE is_leased = 1', [spanMs]);
    await behind.ensureGroup(options);
    await behind.send(['first', 'second'].map((body) => ({ topic: options.topic, key: 'k', body })));
    expect(await bodies(behind)).toEqual(['first']);
    expect(await bodies(ahead)).toEqual([]);
    await pass(30_000);
    expect(await bodies(ahead)).toEqual(['first']);
    expect(await bodies(behind)).toEqual([]);
    await pass(30_000);
    expect(await bodies(behind)).toEqual(['first']);
  });

  it('choose once for a bucket, whichever channel comes first', async () => {
    const { campaignId } = await books(1);
    const kept = await times(10, (store, index) =>
      store.transaction((tx) => tx.ledger.keepChoice(campaignId, 0, Uint8Array.of(index))),
    );
    expect(new Set(kept.map(([chosen]) => chosen)).size).toBe(1);
  });

  it('deliver to the same blocks at once without losing a member', async () => {
    const { campaignId } = await books(1);
    const ordinals = Array.from({ length: 2_000 }, (_, index) => index);
    await times(20, (store, index) =>
      store.transaction((tx) =>
        tx.inbox.deliver(
          campaignId,
          ordinals.filter((ordinal) => ordinal % 20 === index && (ordinal < 1_000 || ordinal % 100 === index)),
        ),
      ),
    );
    const holders = await stores[0].read((tx) => tx.inbox.holdersBetween(campaignId, { from: 0, until: Infinity }));
    expect(holders).toEqual(ordinals.filter((ordinal) => ordinal < 1_000 || ordinal % 100 < 20));
  });
});

const allOf = (row: LedgerRow, code: number): Uint8Array => new Uint8Array(row.memberCount).fill(code);

/** A write that gives every member this code and the lease back. */
function writeOf(
  { campaignId }: Books,
  row: ClaimedBucket['row'],
  code: number,
  channel: 'sms' | 'email' = 'sms',
): LedgerWrite {
  const cells = allOf(row, code);
  const counts = countClasses(cells);
  if (counts === undefined) throw new Error('a byte that is no code');
  return {
    key: { campaignId, channel, bucket: row.bucket },
    token: row.token,
    cells,
    counts,
    openSince: null,
    handedOverAt: null,
    lossCount: 0,
    release: { nextAttemptAt: null, retryAt: null },
  };
}

const beatOf = (nodeId: string): NodeBeat => ({
  nodeId,
  host: 'test',
  version: '1',
  roles: ['pusher'],
  channels: ['sms'],
  startedAt: epochMs(1),
  isPaceShared: false,
  isLeaving: false,
});
