import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMembers } from '../../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../../test/support/temporary-store.js';
import type { EngineTx } from '../../compose.js';
import type { Ordinal } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import { incomingTopics } from './incoming-config.js';
import { IncomingEvents, type IncomingResult } from './incoming-events.js';

const MEMBERS = 40;
const TOPIC = 'member.loggedIn';

describe('events told at the same moment', () => {
  let temporary: TemporaryStore;
  let transactions: number;
  let loggedIn: Ordinal[];
  let poisoned: Ordinal | undefined;
  let incoming: IncomingEvents<EngineTx>;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS });
    [transactions, loggedIn, poisoned] = [0, [], undefined];
    const { store, clock } = temporary;
    const counting: Store<EngineTx> = {
      read: (body) => store.read(body),
      transaction: (body, options) => {
        transactions++;
        return store.transaction(body, options);
      },
    };
    const onLogin = (_: EngineTx, ordinals: readonly Ordinal[]): Promise<void> => {
      if (poisoned !== undefined && ordinals.includes(poisoned)) return Promise.reject(new Error('not her'));
      loggedIn.push(...ordinals);
      return Promise.resolve();
    };
    const onOrders = () => Promise.resolve({ outcomes: [], committed: () => undefined });
    incoming = new IncomingEvents({ store: counting, clock, topics: incomingTopics({}), onLogin, onOrders });
  });
  afterEach(() => temporary.remove());

  const tell = (content: unknown): Promise<readonly IncomingResult[]> =>
    incoming.takeTogether(incoming.topic(TOPIC), [{ content, sentAt: temporary.clock.now() }]);
  const tellAll = (): Promise<PromiseSettledResult<readonly IncomingResult[]>[]> =>
    Promise.allSettled(Array.from({ length: MEMBERS }, (_, index) => tell({ memberId: `m${index}` })));

  it('share a transaction, and each is answered for itself', async () => {
    const [ends, misfit, stranger] = await Promise.all([tellAll(), tell({ at: 5 }), tell({ memberId: 'nobody' })]);
    expect(ends.map((end) => end.status === 'fulfilled' && end.value)).toEqual(
      Array.from({ length: MEMBERS }, () => [{ outcome: 'applied' }]),
    );
    expect(misfit).toMatchObject([{ outcome: 'misfit' }]);
    expect(stranger).toEqual([{ outcome: 'unknownMember' }]);
    expect(transactions).toBe(1);
    expect(new Set(loggedIn).size).toBe(MEMBERS);
  });

  it('hold up nobody else when one of them fails by itself', async () => {
    poisoned = 7 as Ordinal;
    const ends = await tellAll();
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: new Error('not her') },
    ]);
    expect(loggedIn).toHaveLength(MEMBERS - 1);
  });
});
