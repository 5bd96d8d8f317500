import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { reportFigures, size } from '../../test/support/proof.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { AnswerKind, Chunk, ChunkAnswer } from '../core/ports/provider.js';
import { reportAudit } from '../ledger/audit.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import type { ChannelPusher } from './channel-pusher.js';

const MEMBERS = size(4_000, 100_000);
const isBad = (ordinal: number): boolean => ordinal % 1_000 === 77;
const BAD = MEMBERS / 1_000;

/** A vendor that answers one thing for a whole request as soon as one of the bad members is in it. */
class SpoiltProvider extends ScriptedProvider {
  requestsOfBad = 0;
  readonly spoiltWith: AnswerKind;

  constructor(spoiltWith: AnswerKind, options: { readonly isKeyed: boolean; readonly maxChunkMembers: number }) {
    super({ capabilities: { ...options, maxRequestMembers: options.maxChunkMembers, keyLifeMs: 600_000 } });
    this.spoiltWith = spoiltWith;
  }

  override async send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    const answer = await super.send(chunk, options);
    if (!chunk.ordinals.some(isBad)) return answer;
    this.requestsOfBad++;
    return { kinds: this.spoiltWith };
  }
}

describe('a member who spoils every request, one in a thousand,', () => {
  let temporary: TemporaryStore;
  let pusher: ChannelPusher;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(async () => {
    const ending = pusher.stop(0);
    await runUntil(temporary.clock, () => pusher.stats().heldBuckets === 0);
    await ending;
    expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
    await temporary.remove();
  });

  it.each<[AnswerKind, DeliveryMode, string]>([
    ['transient', 'keyed', 'failedExhausted'],
    ['transient', 'atMostOnce', 'failedExhausted'],
    ['ambiguous', 'atLeastOnce', 'unknown'],
  ])('is the only one who runs out of tries: %s, %s', async (spoiltWith, mode, outcome) => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
    const provider = new SpoiltProvider(spoiltWith, { isKeyed: mode === 'keyed', maxChunkMembers: 500 });
    pusher = pusherOf(store, clock, { channel: 'sms', provider, maxDefiniteTries: 5, maxAmbiguousTries: 1 });
    pusher.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    const books = await outcomes(store, id, 'sms');
    expect(books[outcome]).toBe(BAD);
    expect((books['sent'] ?? 0) + (books['sentPossiblyDoubled'] ?? 0)).toBe(MEMBERS - BAD);
    reportFigures('R24', { [`members of whom one in a thousand spoils requests (${spoiltWith}, ${mode})`]: MEMBERS });
  });

  it('holds up nobody else where it is tried for as long as the vendor knows its key', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new SpoiltProvider('ambiguous', { isKeyed: true, maxChunkMembers: 500 });
    pusher = pusherOf(store, clock, { channel: 'sms', provider });
    pusher.start();
    await runUntil(clock, async () => (await outcomes(store, id, 'sms'))['sent'] === MEMBERS - BAD, { stepMs: 500 });
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 5_000 });
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS - BAD, unknown: BAD });
  });
});
