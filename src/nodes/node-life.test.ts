import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { Store } from '../core/ports/store.js';
import { epochMs } from '../core/time.js';
import { NodeLife } from './node-life.js';
import type { NodeBeat, NodeRepository, NodesTx } from './node-repository.js';
import { ROLES } from './role.js';

/** Nodes of one store, kept in memory and judged by its own clock. */
class MemoryNodes implements Store<NodesTx> {
  private readonly rows = new Map<string, NodeBeat & { readonly seenMs: number }>();
  private readonly nodes: NodeRepository;

  constructor(clock: ManualClock) {
    this.nodes = {
      beat: async (node) => void this.rows.set(node.nodeId, { ...node, seenMs: clock.monotonicMs() }),
      leave: async (nodeId) => void this.rows.delete(nodeId),
      list: async () =>
        [...this.rows.values()].map(({ seenMs, ...node }) => ({
          ...node,
          seenAt: epochMs(Math.floor(seenMs)),
          silentMs: clock.monotonicMs() - seenMs,
          leasedBuckets: 0,
        })),
      forgetSilent: async () => 0,
      takeLease: async () => true,
      now: async () => clock.now(),
    };
  }

  transaction<Result>(body: (tx: NodesTx) => Promise<Result>): Promise<Result> {
    return body({ nodes: this.nodes });
  }

  read<Result>(body: (tx: NodesTx) => Promise<Result>): Promise<Result> {
    return body({ nodes: this.nodes });
  }
}

interface Member {
  readonly life: NodeLife;
  canShare: boolean;
  isAway: boolean;
  isDead: boolean;
}

/** What of a limit a node may send at this moment. */
const partOf = ({ life, canShare, isDead }: Member): number => (isDead || canShare ? 0 : life.aloneShare());

/** What all of them may send together: their own parts, and what Redis hands out to those that reach it. */
function togetherOf(members: readonly Member[]): number {
  const shared = members.filter(({ canShare, isDead }) => canShare && !isDead).map(({ life }) => life.sharedPart());
  return members.reduce((sum, member) => sum + partOf(member), 0) + Math.max(0, ...shared);
}

describe('a node among others', () => {
  async function world() {
    const clock = new ManualClock();
    const store = new MemoryNodes(clock);
    const members: Member[] = [];
    const join = async (canShare: boolean): Promise<Member> => {
      const member: Member = {
        canShare,
        isAway: false,
        isDead: false,
        life: new NodeLife({
          store: {
            transaction: (body) =>
              member.isAway || member.isDead ? Promise.reject(new Error('away')) : store.transaction(body),
            read: (body) => store.read(body),
          },
          clock,
          node: {
            nodeId: `n${members.length}`,
            host: 'h',
            version: '1',
            roles: ROLES,
            channels: ['sms'],
            startedAt: clock.now(),
          },
          canSharePace: () => member.canShare,
          onEvent: () => undefined,
        }),
      };
      members.push(member);
      await member.life.start();
      return member;
    };
    const close = async (): Promise<void> => {
      for (const member of members) await member.life.close();
    };
    return { clock, members, join, close };
  }

  it('has an equal part of every pace without Redis, once the others must have seen it', async () => {
    const { clock, members, join, close } = await world();
    await join(false);
    expect(togetherOf(members)).toBe(0);
    await clock.run(6_000);
    expect(togetherOf(members)).toBe(1);
    const second = await join(false);
    expect(partOf(second)).toBe(0);
    await clock.run(8_000);
    expect(members.map(partOf)).toEqual([0.5, 0.5]);
    await second.life.close();
    second.isDead = true;
    await clock.run(10_000);
    expect(togetherOf(members), 'what one leaves behind the others have').toBe(1);
    await close();
  });

  it('leaves all of a pace to Redis while everybody reaches it', async () => {
    const { clock, members, join, close } = await world();
    await join(true);
    await join(true);
    await clock.run(4_000);
    expect(members.map(({ life }) => life.sharedPart())).toEqual([1, 1]);
    await close();
  });

  it('never has more together with the others than the whole, whoever joins, dies or is cut off, one after the other', async () => {
    const step = fc.record({
      what: fc.constantFrom('join', 'die', 'cut off', 'reach', 'lose the store', 'find the store'),
      who: fc.nat(3),
      afterMs: fc.integer({ min: 10_000, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const { clock, members, join, close } = await world();
        await join(true);
        for (const { what, who, afterMs } of steps) {
          const member = members[who % members.length];
          if (what === 'join' && members.length < 4) await join(who % 2 === 0);
          else if (member !== undefined && what === 'die') member.isDead = true;
          else if (member !== undefined && what === 'cut off') member.canShare = false;
          else if (member !== undefined && what === 'lose the store') member.isAway = true;
          else if (member !== undefined && what === 'find the store') member.isAway = false;
          for (let leftMs = afterMs; leftMs > 0; leftMs -= 500) {
            await clock.run(Math.min(500, leftMs));
            expect(togetherOf(members)).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
        await close();
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
