import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { temporaryMysqlMembership } from '../../../test/support/mysql-membership.js';
import { describeMysql } from '../../../test/support/temporary-mysql.js';
import { changeMember, putMember } from '../../membership/change-member.js';
import { findMember } from '../../membership/find-member.js';
import { channelsOf, suppressedMask } from '../../membership/flags.js';
import { indexAddresses } from '../../membership/index-addresses.js';
import type { MemberStatement } from '../../membership/statement.js';
import { suppressAddress } from '../../membership/suppress.js';
import { writeStatements, type WriteOutcome } from '../../membership/write-statements.js';

/** Sizes are small, but each of these goes wrong within them when its lock is taken away. */
describeMysql('members while transactions run side by side', () => {
  let membership: Awaited<ReturnType<typeof temporaryMysqlMembership>>;
  beforeEach(async () => {
    membership = await temporaryMysqlMembership();
  });
  afterEach(() => membership.remove());

  const ids = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `m-${String(index).padStart(4, '0')}`);

  const write = (statements: readonly MemberStatement[]): Promise<readonly WriteOutcome[]> =>
    membership.deps.store.transaction((tx) =>
      writeStatements(tx, statements, { receivedAt: membership.clock.now(), hashSubject: membership.hashSubject }),
    );

  it('an import takes no opt-out back that was given beside it', async () => {
    const all = ids(120);
    const consent = { sms: { state: 'granted', at: '2026-01-01T00:00:00Z' } };
    await write(all.map((id) => membership.statement(id, { points: 1, consent, tags: ['a'] })));
    const denied = { sms: { state: 'denied', at: '2026-01-02T00:00:00Z' } };
    const importing = async (): Promise<void> => {
      for (let points = 2; points < 8; points++) {
        await write(all.map((id) => membership.statement(id, { points, consent, tags: [`t${points}`] })));
      }
    };
    const optingOut = async (offset: number): Promise<void> => {
      for (let index = offset; index < all.length; index += 4) {
        await changeMember(membership, membership.statement(all[index] ?? '', { consent: denied }));
      }
    };
    await Promise.all([importing(), ...[0, 1, 2, 3].map(optingOut)]);
    const members = await Promise.all(all.map((id) => findMember(membership, { memberId: membership.id(id) })));
    expect(members.filter(({ consent: kept }) => kept.sms?.state !== 'denied')).toEqual([]);
    expect(members.every(({ points, tags }) => points === 7 && tags.join() === 't7')).toBe(true);
    expect(await membership.differences()).toEqual([]);
  }, 180_000);

  it('two imports of the same members add each of them once', async () => {
    // Fewer at once than a bulk load has: nothing but the blocks' rows keeps them apart.
    const statements = ids(240).map((id, index) =>
      membership.statement(id, { points: index, email: `p${index}@example.com`, tags: ['both'] }),
    );
    const slices = Array.from({ length: 12 }, (_, index) => statements.slice(index * 20, (index + 1) * 20));
    const outcomes = (await Promise.all([...slices, ...slices].map(write))).flat();
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(240);
    expect(outcomes.filter(({ kind }) => kind === 'unchanged')).toHaveLength(240);
    expect(await membership.store.read((tx) => tx.members.memberCount())).toBe(240);
    expect(await membership.differences()).toEqual([]);
  }, 180_000);

  it('whoever comes with a suppressed address carries it, whichever of the two was first', async () => {
    const all = ids(40);
    await Promise.all(
      all.flatMap((id, index) => {
        const email = `p${index}@example.com`;
        return [
          putMember(membership, membership.statement(id, { email })),
          suppressAddress(membership, {
            address: { kind: 'email', address: email },
            channels: ['email'],
            action: 'suppress',
            reason: 'list',
          }),
        ];
      }),
    );
    const members = await Promise.all(all.map((id) => findMember(membership, { memberId: membership.id(id) })));
    expect(members.filter(({ flags }) => !channelsOf(suppressedMask(flags)).includes('email'))).toEqual([]);
    expect(await membership.differences()).toEqual([]);
  }, 180_000);

  it('a suppression waits for a member that is being written, and finds it', async () => {
    const address = { kind: 'email', address: 'p@example.com' } as const;
    const statement = membership.statement('m-1', { email: address.address });
    let suppressing: Promise<unknown> | undefined;
    let isDone = false;
    await membership.deps.store.transaction(async (tx) => {
      expect(await tx.members.suppressedChannels([membership.hashSubject(address)])).toEqual([0]);
      suppressing ??= suppressAddress(membership, {
        address,
        channels: ['email'],
        action: 'suppress',
        reason: 'list',
      }).then(() => (isDone = true));
      // Asked more often than every 100 ms, the server answers what it answered before.
      await vi.waitUntil(async () => isDone || (await waitsForGate()), { timeout: 4_000, interval: 250 });
      await tx.members.insert(await tx.ids.take('ordinal', 1), [statement.row], membership.clock.now());
    });
    await suppressing;
    const member = await findMember(membership, { memberId: membership.id('m-1') });
    expect(channelsOf(suppressedMask(member.flags))).toEqual(['email']);
  }, 180_000);

  const waitsForGate = async (): Promise<boolean> =>
    (
      await membership.database.query(
        "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%suppression_gate%'",
      )
    ).length > 0;

  it('a refused address is not dropped from a member who has a new one', async () => {
    const all = ids(30);
    await write(all.map((id) => membership.statement(id, { email: `old-${id}@example.com` })));
    const sentAt = membership.clock.now();
    membership.clock.advance(1_000);
    const ordinals = await membership.store.read((tx) => tx.members.findOrdinals(all));
    await Promise.all(
      all.flatMap((id, index) => [
        changeMember(membership, membership.statement(id, { email: `new-${id}@example.com` })),
        membership.deps.store.transaction((tx) =>
          tx.members.dropContactPoints('email', [{ ordinal: ordinals[index] ?? -1, sentAt }]),
        ),
      ]),
    );
    const members = await Promise.all(all.map((id) => findMember(membership, { memberId: membership.id(id) })));
    expect(members.map(({ email }) => email)).toEqual(all.map((id) => `new-${id}@example.com`));
    expect(await membership.differences()).toEqual([]);
  }, 180_000);

  it('every address ends in the index, entered by two at once while members change', async () => {
    const all = ids(200);
    await write(all.map((id) => membership.statement(id, { email: `old-${id}@example.com` })));
    const changing = async (): Promise<void> => {
      for (const id of all.slice(0, 40)) {
        await changeMember(membership, membership.statement(id, { email: `new-${id}@example.com` }));
      }
    };
    await Promise.all([indexAddresses(membership), indexAddresses(membership), changing()]);
    await indexAddresses(membership);
    expect(await membership.store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: 9 }))).toEqual([]);
    for (const [index, id] of all.entries()) {
      const address = `${index < 40 ? 'new' : 'old'}-${id}@example.com`;
      const found = await membership.store.read((tx) => tx.members.ordinalsByAddress({ kind: 'email', address }));
      expect(found, address).toHaveLength(1);
    }
    expect(await membership.differences()).toEqual([]);
  }, 180_000);

  it('a tag that is forgotten with its last member stays for one who begins to carry it', async () => {
    for (let round = 0; round < 15; round++) {
      await membership.put('last', { tags: ['rare'] });
      await membership.put('next', { tags: [] });
      const [last] = await membership.store.read((tx) => tx.members.findByMemberIds(['last']));
      if (last === undefined) throw new Error('the member is there');
      await Promise.all([
        membership.deps.store.transaction((tx) => tx.members.remove([last])),
        membership.put('next', { tags: ['rare'] }),
      ]);
      expect(await membership.differences()).toEqual([]);
      await membership.put('next', { tags: [] });
    }
  }, 180_000);
});
