import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../../test/support/membership.js';
import { SqliteQueue } from '../../adapters/sqlite/sqlite-queue.js';
import type { SqliteTx } from '../../adapters/sqlite/sqlite-tx.js';
import { DomainError } from '../../core/errors.js';
import type { DeadLetter, Queue } from '../../core/ports/queue.js';
import type { Store } from '../../core/ports/store.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { MINUTE_MS, SECOND_MS } from '../../core/time.js';
import { incomingTopics } from './incoming-config.js';
import { consumersOf, MAX_DELIVERIES, type IncomingConsumer, type IncomingEvent } from './incoming-consumer.js';
import { IncomingEvents } from './incoming-events.js';

const TOPIC = 'USER_LOGINED_EVENT_TOPIC';
const GROUP = 'fanfare';
const TOPICS = incomingTopics({
  [TOPIC]: { kind: 'member.loggedIn', group: GROUP, fields: { memberId: '/account/id', at: '/at' } },
});
const LEASE_MS = 30 * SECOND_MS;

describe('a consumer of incoming events', () => {
  let members: TemporaryMembership;
  let queue: SqliteQueue;
  let told: IncomingEvent[];
  let consumer: IncomingConsumer<SqliteTx> | undefined;
  let incoming: IncomingEvents<SqliteTx>;
  beforeEach(async () => {
    members = await temporaryMembership();
    queue = new SqliteQueue(members);
    told = [];
  });
  afterEach(async () => {
    await consumer?.close();
    consumer = undefined;
    await members.remove();
  });

  /** Starts a consumer over the real queue and store, or over ones that a test has changed. */
  const start = ({ over = queue, store = members.store }: { over?: Queue; store?: Store<SqliteTx> } = {}): void => {
    incoming = new IncomingEvents({
      store,
      clock: members.clock,
      topics: TOPICS,
      onOrders: () => Promise.resolve({ outcomes: [], committed: () => undefined }),
    });
    [consumer] = consumersOf({
      queue: over,
      incoming,
      clock: members.clock,
      random: new SeededRandom('back-off'),
      onEvent: (event) => told.push(event),
    });
    consumer?.start();
  };
  const send = (...bodies: readonly unknown[]): Promise<void> =>
    queue.send(
      bodies.map((body, index) => ({
        topic: TOPIC,
        key: `k${index}`,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })),
    );
  const counts = (): Record<string, number> =>
    Object.fromEntries([...incoming.figures()].map(([, outcome, messages]) => [outcome, messages]));
  const lettersOf = (): Promise<readonly DeadLetter[]> => queue.deadLetters(GROUP, { limit: 200 });
  const lastActiveAt = async (id: string): Promise<number | null | undefined> =>
    (await members.store.read((tx) => tx.members.findByMemberIds([id])))[0]?.lastActiveAt;
  /** Over MySQL leases go by the server's clock, which no test moves. */
  const endLeases = () => members.query('UPDATE delivery SET due_at = 0 WHERE is_leased = 1');
  /** Lets time pass, a second at a time, until it is so. */
  const until = (isSo: () => void | Promise<void>, stepMs = SECOND_MS): Promise<void> =>
    vi.waitFor(
      async () => {
        members.clock.advance(stepMs);
        await isSo();
      },
      { timeout: 20_000, interval: 5 },
    );
  const isDrained = async (): Promise<void> => {
    const [group] = await members.store.read((tx) => tx.events.groups());
    expect(group).toMatchObject({ backlog: 0, outstanding: 0 });
  };

  it('renews when a member was last active, as the message says or when it was sent', async () => {
    await members.put('7');
    await members.put('8');
    const sentAt = members.clock.now();
    await send({ account: { id: 7 } }, { account: { id: '8' }, at: sentAt - 5_000 }, { account: { id: 'nobody' } });
    start();
    await until(isDrained);
    expect([await lastActiveAt('7'), await lastActiveAt('8')]).toEqual([sentAt, sentAt - 5_000]);
    expect(counts()).toEqual({ applied: 2, unknownMember: 1 });
    expect(await members.differences()).toEqual([]);
    expect(await lettersOf()).toEqual([]);
  });

  it('never moves a member back, and takes a moment ahead as the one of sending', async () => {
    await members.put('7');
    const sentAt = members.clock.now();
    await send({ account: { id: 7 }, at: sentAt + 3_600_000 }, { account: { id: 7 }, at: sentAt - 1 });
    start();
    await until(isDrained);
    expect(await lastActiveAt('7')).toBe(sentAt);
    expect(counts()).toEqual({ applied: 1, unchanged: 1 });
  });

  it('has one effect of each message, delivered 1 to 5 times', async () => {
    const random = new SeededRandom('redeliveries');
    const ids = Array.from({ length: 250 }, (_, index) => `m-${index}`);
    for (const id of ids) await members.put(id);
    await send(...ids.map((id) => ({ account: { id } })));
    const deliveries = new Map<string, number>();
    const times = new Map(ids.map((_, index) => [String(index + 1), 1 + Math.floor(random.next() * 5)]));
    /** Loses acknowledgements, so that a message comes again after its effect. */
    const losing: Queue = {
      ensureGroup: (group) => queue.ensureGroup(group),
      send: (messages) => queue.send(messages),
      lease: async (options) => {
        await endLeases(); // nobody else reads: what is leased is what was not acknowledged
        return queue.lease(options);
      },
      ack: (group, messages) => {
        const held = messages.filter(({ messageId }) => {
          const count = (deliveries.get(messageId) ?? 0) + 1;
          deliveries.set(messageId, count);
          return count >= (times.get(messageId) ?? 1);
        });
        return queue.ack(group, held);
      },
      retryLater: (group, message, options) => queue.retryLater(group, message, options),
      deadLetters: (group, options) => queue.deadLetters(group, options),
    };
    start({ over: losing });
    await until(isDrained);
    expect([...deliveries.values()].sort()).toEqual([...times.values()].sort());
    expect(Math.max(...deliveries.values())).toBe(5);
    expect(counts()['applied']).toBe(ids.length);
    expect(counts()['unchanged']).toBe([...times.values()].reduce((sum, count) => sum + count - 1, 0));
    expect(await lettersOf()).toEqual([]);
  });

  it('makes a dead letter of what does not fit, with the reason, and goes on with the others', async () => {
    await members.put('7');
    await send('no json', { account: {} }, { account: { id: 7 } }, { account: { id: { phone: '13812345678' } } });
    start();
    await until(isDrained);
    const letters = await lettersOf();
    expect(letters.map(({ body, reason, attempts }) => [body, reason.split('; expected')[0], attempts])).toEqual([
      ['no json', 'The message: found no JSON', 1],
      ['{"account":{}}', '/account/id: found nothing: there is no /account/id', 1],
      ['{"account":{"id":{"phone":"13812345678"}}}', '/account/id: found an object', 1],
    ]);
    expect(counts()).toEqual({ applied: 1, misfit: 3 });
    expect(JSON.stringify(told)).not.toContain('13812345678');
    expect(told.map(({ kind }) => kind)).toEqual(Array<string>(3).fill('events.deadLettered'));
  });

  it('gives up a message that fails by itself, at last, and holds up no other', async () => {
    for (const id of ['7', 'poison', '9']) await members.put(id);
    await send({ account: { id: 7 } }, { account: { id: 'poison' } }, { account: { id: 9 } });
    start({ store: failingFor(members.store, 'poison', () => new Error('li.wei@example.com broke it')) });
    await until(async () => {
      expect(counts()['applied']).toBe(2);
    });
    expect(await lettersOf()).toEqual([]);
    await until(isDrained, LEASE_MS);
    expect(await lettersOf()).toMatchObject([
      { attempts: MAX_DELIVERIES, reason: `Given up after ${MAX_DELIVERIES} deliveries: Error.` },
    ]);
    expect(counts()).toMatchObject({ applied: 2, givenUp: 1 });
    expect(JSON.stringify(await lettersOf())).not.toContain('li.wei');
  });

  it('waits, longer each time, while the store is away, and gives up nothing', async () => {
    await members.put('7');
    await send({ account: { id: 7 } });
    let isAway = true;
    const away = (): Error | undefined =>
      isAway ? new DomainError('STORE_UNAVAILABLE', 'The store is away.') : undefined;
    start({ store: failingFor(members.store, '7', away) });
    await until(() => {
      expect(told.length).toBeGreaterThan(MAX_DELIVERIES);
    }, MINUTE_MS);
    isAway = false;
    await until(isDrained, MINUTE_MS);
    expect(counts()).toEqual({ applied: 1 });
    expect(await lettersOf()).toEqual([]);
    const waits = told.map((event) => (event.kind === 'events.failed' ? event.retryInMs : 0));
    expect(waits.at(-1)).toBeGreaterThan(10 * (waits[0] ?? 0));
  });

  it('does not give up at its first failure what came often because the store was away', async () => {
    await members.put('7');
    await send({ account: { id: 7 } });
    let isAway = true;
    const hasFailed = (): boolean =>
      told.some((event) => event.kind === 'events.failed' && event.messageId !== undefined);
    const error = (): Error | undefined => {
      if (isAway) return new DomainError('STORE_UNAVAILABLE', 'The store is away.');
      return hasFailed() ? undefined : new Error('by itself, once');
    };
    start({ store: failingFor(members.store, '7', error) });
    await until(() => {
      expect(told.length).toBeGreaterThan(MAX_DELIVERIES + 1);
    }, MINUTE_MS);
    isAway = false;
    await until(isDrained, MINUTE_MS);
    expect(hasFailed()).toBe(true);
    expect(counts()).toEqual({ applied: 1 });
    expect(await lettersOf()).toEqual([]);
  });

  it('acknowledges nothing before its effect is durable', async () => {
    await members.put('7');
    await send({ account: { id: 7 } });
    const seen: (number | null | undefined)[] = [];
    const watched: Queue = Object.assign(Object.create(queue) as Queue, {
      ack: async (...args: Parameters<Queue['ack']>) => {
        seen.push(await lastActiveAt('7'));
        return queue.ack(...args);
      },
    });
    const sentAt = members.clock.now();
    start({ over: watched });
    await until(isDrained);
    expect(seen).toEqual([sentAt]);
  });
});

/** A store whose transactions fail when they read this member, for as long as there is an error. */
function failingFor(store: Store<SqliteTx>, id: string, error: () => Error | undefined): Store<SqliteTx> {
  return {
    read: (body) => store.read(body),
    transaction: (body, options) =>
      store.transaction((tx) => {
        const members = Object.assign(Object.create(tx.members) as SqliteTx['members'], {
          findByMemberIds: (ids: readonly string[]) => {
            const broken = ids.includes(id) ? error() : undefined;
            if (broken !== undefined) throw broken;
            return tx.members.findByMemberIds(ids);
          },
        });
        return body({ ...tx, members });
      }, options),
  };
}
