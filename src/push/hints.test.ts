import { expect, it } from 'vitest';
import { reportFigures, size, takeSeed } from '../../test/support/proof.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { SeededRandom } from '../core/seeded-random.js';

const CAMPAIGNS = size(4, 40);
const MEMBERS = 1_500;

it('hints that come often, late, out of order or never tell nobody twice and leave nobody out', async () => {
  const random = new SeededRandom(takeSeed('hints'));
  const temporary = await temporaryStore();
  const { store, clock } = temporary;
  try {
    await addMembers(store, clock, { count: MEMBERS });
    const told = new Map<string, number>();
    // Without keys and at most once: a second send of anybody would be one.
    const nodes = ['first', 'second'].map((owner) => {
      const provider = new ScriptedProvider({
        capabilities: { isKeyed: false },
        script: ({ campaignId, ordinal }) => {
          const key = `${campaignId}/${ordinal}`;
          told.set(key, (told.get(key) ?? 0) + 1);
          return 'accepted';
        },
      });
      return pusherOf(store, clock, { channel: 'sms', provider, owner });
    });
    for (const node of nodes) node.start();
    let hints = 0;
    const ids = [];
    for (let campaign = 0; campaign < CAMPAIGNS; campaign++) {
      ids.push(await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' }));
      // 0 to 5 of them, to either node, some at once and some while it runs; without any, the sweep finds the work.
      for (let left = Math.floor(random.next() * 6); left > 0; left--) {
        nodes[random.next() < 0.5 ? 0 : 1]?.wake();
        hints++;
        if (random.next() < 0.5) await clock.run(5);
      }
    }
    for (const id of ids) {
      await runUntil(clock, () => isCompleted(store, id), { stepMs: 200 });
      for (const node of nodes) node.wake();
      expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS });
    }
    expect(told.size).toBe(CAMPAIGNS * MEMBERS);
    expect([...told.values()].every((times) => times === 1)).toBe(true);
    reportFigures('R10', { 'hints to two pushers': hints + 2 * CAMPAIGNS, 'members told, each once': told.size });
    for (const node of nodes) {
      const ending = node.stop(0);
      await runUntil(clock, () => node.stats().heldBuckets === 0);
      await ending;
    }
  } finally {
    await temporary.remove();
  }
});
