import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { reportFigures, size } from '../../test/support/proof.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { SqliteQueue } from '../adapters/sqlite/sqlite-queue.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import type { AnswerKind, Chunk, ChunkAnswer } from '../core/ports/provider.js';
import { TOPICS } from '../core/topics.js';
import { reportAudit } from '../ledger/audit.js';

const RUNS = size(8, 400);
const MEMBERS = 30;
const ANSWERS: readonly AnswerKind[] = [
  'accepted',
  'ambiguous',
  'transient',
  'addressRefused',
  'messageRefused',
  'throttled',
  'notSent',
];

/** A vendor whose answers arrive in whatever order the scheduler gives them. */
class ScheduledProvider extends ScriptedProvider {
  constructor(
    channel: Channel,
    private readonly scheduler: fc.Scheduler,
    script: ScriptedProvider['script'],
  ) {
    super({ channel, script, capabilities: { maxChunkMembers: 7, maxRequestMembers: 7 } });
  }

  override send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    return this.scheduler.schedule(super.send(chunk, options), `${this.channel} answers`);
  }
}

describe('channels of one campaign', () => {
  it('settle in any order, and the campaign ends once, with the last of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.infiniteStream(fc.constantFrom(...ANSWERS)),
        fc.shuffledSubarray([...CHANNELS], { minLength: 2 }),
        async (scheduler, answers, channels) => {
          const temporary = await temporaryStore();
          const { store, clock } = temporary;
          await addMembers(store, clock, { count: MEMBERS });
          const id = await runningCampaign(store, clock, { channels });
          const pushers = channels.map((channel) => {
            const provider =
              channel === 'inbox'
                ? undefined
                : new ScheduledProvider(channel, scheduler, ({ attempt }) => {
                    const next: IteratorResult<AnswerKind, unknown> = answers.next();
                    return attempt < 4 && next.done !== true ? next.value : 'accepted';
                  });
            return pusherOf(store, clock, { channel, provider });
          });
          try {
            for (const pusher of pushers) pusher.start();
            await runUntil(
              clock,
              async () => {
                if (scheduler.count() > 0) await scheduler.waitNext(1);
                return isCompleted(store, id);
              },
              { stepMs: 250 },
            );
            for (const channel of channels) {
              const row = await store.read((tx) => tx.campaigns.findChannel(id, channel));
              expect(row?.settledAt).not.toBeNull();
              const books = await outcomes(store, id, channel);
              expect(books['pending']).toBeUndefined();
              expect(Object.values(books).reduce((sum, members) => sum + members, 0)).toBe(MEMBERS);
            }
            const queue = new SqliteQueue({ store, clock });
            const group = { topic: TOPICS.campaignCompleted, group: 'reader' };
            await queue.ensureGroup(group);
            expect(await queue.lease({ ...group, maxMessages: 10, leaseMs: 1_000 })).toHaveLength(1);
            expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
          } finally {
            for (const pusher of pushers) {
              const ending = pusher.stop(0);
              await runUntil(clock, async () => {
                if (scheduler.count() > 0) await scheduler.waitNext(1);
                return pusher.stats().openRequests === 0 && pusher.stats().heldBuckets === 0;
              });
              await ending;
            }
            await temporary.remove();
          }
        },
      ),
      { numRuns: RUNS },
    );
    reportFigures('R28', { 'orders in which several channels settled': RUNS });
  });
});
