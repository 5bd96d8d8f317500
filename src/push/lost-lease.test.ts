/**
 * Two pushers on one store, as the nodes of a cluster are. One stands still with members in flight, its lease runs out
 * and the other takes over; then it wakes, and its outcomes are worth nothing any more. Embedded leases do not run out
 * by themselves, so the test ends them, by the move of the port with which a store that knows time would.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { minutes, reportFigures, size } from '../../test/support/proof.js';
import { addMembers, isCompleted, outcomes, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { tellingRefusals } from '../../test/support/refusals.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import { SeededRandom } from '../core/seeded-random.js';
import { reportAudit } from '../ledger/audit.js';
import { DELIVERY_MODES, type DeliveryMode } from '../ledger/cell-moves.js';
import { ChannelPusher } from './channel-pusher.js';

const ROUNDS = size(8, 200);
const MEMBERS = 1_200;
const WINDOW = 40;

interface Node {
  readonly owner: string;
  readonly pusher: ChannelPusher;
  readonly provider: ScriptedProvider;
  /** Ordinals that the vendor was asked about, in order. */
  readonly asked: number[];
  /** Hang from here on; else accept. */
  isHanging: boolean;
  refusals: number;
}

describe('a pusher that lost its lease', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  function startNode(owner: string, mode: DeliveryMode): Node {
    const { store, clock } = temporary;
    const provider = new ScriptedProvider({
      script: ({ ordinal }) => {
        node.asked.push(ordinal);
        return node.isHanging ? 'hang' : 'accepted';
      },
      capabilities: { isKeyed: mode === 'keyed', maxChunkMembers: 10, maxRequestMembers: 10 },
    });
    const pusher = new ChannelPusher({
      settings: {
        channel: 'sms',
        provider,
        windowMembers: WINDOW,
        pace: {},
        maxDefiniteTries: 3,
        maxAmbiguousTries: 3,
        retry: { firstDelayMs: 100, maxDelayMs: 1_000 },
      },
      store: tellingRefusals(store, () => node.refusals++),
      pacer: new MemoryPacer(clock),
      clock,
      random: new SeededRandom(owner),
      owner,
      onEvent: (event) => {
        if (event.kind === 'push.storeError') throw event.error;
      },
    });
    const node: Node = { owner, pusher, provider, asked: [], isHanging: false, refusals: 0 };
    pusher.start();
    return node;
  }

  it.each(DELIVERY_MODES)(
    'is refused every outcome that comes late: %s',
    async (mode) => {
      const { store, clock } = temporary;
      await addMembers(store, clock, { count: MEMBERS });
      const figures = { refused: 0, inFlight: 0, again: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
        const stopped = startNode(`stopped ${round}`, mode);
        stopped.isHanging = true;
        await runUntil(clock, () => stopped.pusher.stats().openMembers === WINDOW);
        await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
        const heir = startNode(`heir ${round}`, mode);
        await runUntil(clock, () => isCompleted(store, id), { stepMs: 200 });
        const books = await outcomes(store, id, 'sms');
        const { refusals } = stopped;
        stopped.isHanging = false;
        stopped.provider.release();
        for (const { pusher } of [stopped, heir]) {
          const ending = pusher.stop(60_000);
          await runUntil(clock, () => pusher.stats().heldBuckets === 0);
          await ending;
        }

        figures.refused += stopped.refusals > refusals ? 1 : 0;
        figures.inFlight += WINDOW;
        const told = [...stopped.asked, ...heir.asked];
        const again = told.length - new Set(told).size;
        figures.again += again;
        expect(new Set(told).size).toBe(MEMBERS);
        expect(await outcomes(store, id, 'sms'), 'the late outcomes changed nothing').toEqual(books);
        expect({ books, again }).toEqual(
          {
            keyed: { books: { sent: MEMBERS }, again: WINDOW },
            atLeastOnce: { books: { sent: MEMBERS - WINDOW, sentPossiblyDoubled: WINDOW }, again: WINDOW },
            atMostOnce: { books: { sent: MEMBERS - WINDOW, unknown: WINDOW }, again: 0 },
          }[mode],
        );
      }
      expect(figures.refused).toBe(ROUNDS);
      expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
      reportFigures('R8', {
        [`take-overs, ${mode}`]: ROUNDS,
        [`of them whose late outcomes were refused, ${mode}`]: figures.refused,
        [`members in flight then, ${mode}`]: figures.inFlight,
        [`of them asked about again, ${mode}`]: figures.again,
      });
    },
    minutes(10, 10),
  );
});
