/**
 * A turn: everything a channel's pusher writes at one moment, as one transaction.
 *
 *   answers of finished chunks ─merge─► cells
 *   due rows ─claim─► held buckets ─decide and mark─► chunks to send after the commit
 *   passes that are through ─release─► due again, or settled
 *
 * It reads and decides late (after the pace was granted, in the transaction that marks), and answers what to do after
 * the commit; it has no other effect, so it may be run again. Cost: one read and one write of a row per bucket touched.
 */
import { assert } from '../core/assert.js';
import type { EpochMs } from '../core/time.js';
import { settleIfDone } from '../campaign/settle.js';
import { isInFlight, PENDING_FRESH, toUnknown } from '../ledger/cell-code.js';
import { afterTakeover } from '../ledger/cell-moves.js';
import { decodeBucket } from '../ledger/bucket-members.js';
import type { ClaimedBucket, CountDelta } from '../ledger/ledger-repository.js';
import { BucketImage } from './bucket-image.js';
import { mergeAnswers, type MergeNotes } from './merge-answers.js';
import { markBucket } from './mark-bucket.js';
import type { PushTx } from './push-tx.js';
import { isPassDone, type HeldBucket, type PushStream } from './stream.js';
import type { MarkedChunk, StreamResult, StreamWant, TurnPlan, TurnResult } from './turn-plan.js';

/** Claims lost at work after which a single member in flight is taken for the cause. */
export const POISON_LOSSES = 15;
/** Claims lost at work after which a bucket runs alone, in halves. */
export const ISOLATION_LOSSES = 5;

export async function runTurn(tx: PushTx, plan: TurnPlan): Promise<TurnResult> {
  const turn = new Turn(tx, plan);
  await turn.merge();
  const streams: StreamResult[] = [];
  for (const want of plan.wants) streams.push(await turn.serve(want));
  for (const held of plan.giveBack) await turn.imageOf(held);
  const buckets = await turn.write();
  return { buckets, chunks: turn.chunks, streams };
}

class Turn {
  readonly chunks: MarkedChunk[] = [];
  private readonly images = new Map<HeldBucket, BucketImage>();
  private readonly lost = new Set<HeldBucket>();
  private readonly deltas = new Map<PushStream, Int32Array>();
  private readonly notes = new Map<PushStream, MergeNotes>();
  private readonly stopped: ReadonlySet<HeldBucket>;
  private readonly unrunnable = new Set<PushStream>();

  constructor(
    private readonly tx: PushTx,
    private readonly plan: TurnPlan,
  ) {
    this.stopped = new Set(plan.giveBack);
  }

  async merge(): Promise<void> {
    for (const finished of this.plan.answers) {
      const image = await this.imageOf(finished.held);
      if (image === undefined) continue; // whoever holds the bucket now has settled what we had in flight
      const { stream } = finished.held;
      const notes = mergeAnswers(image, finished, { now: this.plan.now, backOffMs: this.plan.backOffMs });
      const earlier = this.notes.get(stream);
      this.notes.set(stream, earlier === undefined ? notes : joinNotes(earlier, notes));
    }
  }

  /** Marks members of one stream for as much as was wanted: first from buckets at hand, then from claimed ones. */
  async serve(want: StreamWant): Promise<StreamResult> {
    const { stream } = want;
    if (!(await this.isRunnable(stream))) {
      this.unrunnable.add(stream);
      return { stream, markedMembers: 0, isRunnable: false, nextDueAt: undefined };
    }
    let room = want.members;
    for (const held of want.held) {
      if (room <= 0) break;
      const image = await this.imageOf(held);
      if (image !== undefined) room -= await this.mark(image, want, room);
    }
    let claimsLeft = want.maxClaims;
    let isExhausted = false;
    while (room > 0 && claimsLeft > 0 && !isExhausted) {
      const limit = Math.min(claimsLeft, Math.ceil(room / 1_000));
      const { audienceId } = stream;
      const claimed = await this.tx.ledger.claim(stream, {
        audienceId,
        limit,
        now: this.plan.now,
        owner: this.plan.owner,
      });
      isExhausted = claimed.length < limit;
      claimsLeft -= claimed.length;
      for (const bucket of claimed) room -= await this.mark(this.take(stream, bucket), want, room);
    }
    const nextDueAt = isExhausted ? await this.tx.ledger.nextDueAt(stream) : undefined;
    return { stream, markedMembers: want.members - room, isRunnable: true, nextDueAt };
  }

  /** The row of a held bucket as this turn changes it; undefined when the lease was lost. */
  async imageOf(held: HeldBucket): Promise<BucketImage | undefined> {
    const known = this.images.get(held);
    if (known !== undefined || this.lost.has(held)) return known;
    const { stream, bucket, token } = held;
    const row = await this.tx.ledger.load({ campaignId: stream.campaignId, channel: stream.channel, bucket }, token);
    if (row === undefined) {
      this.lost.add(held);
      return undefined;
    }
    const image = new BucketImage(held, row, this.deltasOf(stream));
    this.images.set(held, image);
    return image;
  }

  async write(): Promise<TurnResult['buckets']> {
    const images = [...this.images.values()];
    const released = new Set(images.filter((image) => this.shouldRelease(image)));
    const saved = await this.tx.ledger.save(images.map((image) => image.toWrite(this.plan.now, released.has(image))));
    assert(saved.every(Boolean), 'a row loaded under its token is written under it in the same transaction');
    await this.writeCounts();
    await this.writeNotes();
    return [
      ...images.map((image) => ({ before: image.held, after: released.has(image) ? undefined : image.toHeld() })),
      ...[...this.lost].map((before) => ({ before, after: undefined })),
    ];
  }

  private async mark(image: BucketImage, want: StreamWant, room: number): Promise<number> {
    const { chunks, markedMembers } = await markBucket(this.tx, image, {
      plan: this.plan,
      room,
      chunkMembers: want.chunkMembers,
    });
    this.chunks.push(...chunks);
    return markedMembers;
  }

  /** Takes over a claimed row: what its last holder had in flight is decided by the mode. */
  private take(stream: PushStream, { row, members }: ClaimedBucket): BucketImage {
    const { now } = this.plan;
    const isDue = (at: EpochMs | null): boolean => at === null || at <= now;
    const inFlightCount = countInFlight(row.cells);
    const held: HeldBucket = {
      stream,
      bucket: row.bucket,
      token: row.token,
      ordinals: decodeBucket(members),
      pass: { fresh: isDue(row.nextAttemptAt), tried: inFlightCount > 0 || isDue(row.retryAt) },
      lossCount: row.lossCount,
      cursor: 0,
      openCount: 0,
      freshAt: null,
      triedAt: null,
    };
    const image = new BucketImage(held, row, this.deltasOf(stream));
    this.images.set(held, image);
    if (inFlightCount === 0) return image;
    const isPoison = row.lossCount >= POISON_LOSSES && inFlightCount === 1;
    for (let position = 0; position < row.cells.length; position++) {
      const code = image.codeAt(position);
      if (isInFlight(code)) image.move(position, isPoison ? toUnknown(code) : afterTakeover(code, stream.rules.mode));
    }
    return image;
  }

  private async isRunnable(stream: PushStream): Promise<boolean> {
    const campaign = await this.tx.campaigns.find(stream.campaignId);
    const channel = await this.tx.campaigns.findChannel(stream.campaignId, stream.channel);
    return (
      campaign?.state === 'running' &&
      campaign.pauseReasons.length === 0 &&
      channel?.pauseReasons.length === 0 &&
      (campaign.deliverUntil === null || campaign.deliverUntil > this.plan.now)
    );
  }

  private shouldRelease(image: BucketImage): boolean {
    if (image.openCount > 0) return false;
    return isPassDone(image.toHeld()) || this.stopped.has(image.held) || this.unrunnable.has(image.held.stream);
  }

  private deltasOf(stream: PushStream): Int32Array {
    let deltas = this.deltas.get(stream);
    if (deltas === undefined) this.deltas.set(stream, (deltas = new Int32Array(256)));
    return deltas;
  }

  private async writeCounts(): Promise<void> {
    for (const [stream, deltas] of this.deltas) {
      const changes: CountDelta[] = [];
      deltas.forEach((members, code) => {
        if (members !== 0) changes.push({ campaignId: stream.campaignId, channel: stream.channel, code, members });
      });
      if (changes.length === 0) continue;
      await this.tx.ledger.addCounts(changes);
      const pending = (await this.tx.ledger.counts(stream)).get(PENDING_FRESH) ?? 0;
      if (pending === 0) await settleIfDone(this.tx, stream.campaignId, this.plan.now);
    }
  }

  private async writeNotes(): Promise<void> {
    const { now, channel } = this.plan;
    const handedOver = new Set(this.chunks.map(({ held }) => held.stream));
    if (this.plan.isInStore) for (const stream of this.deltas.keys()) handedOver.add(stream);
    for (const stream of new Set([...handedOver, ...this.notes.keys(), ...this.plan.refusing])) {
      const notes = this.notes.get(stream);
      const row = await this.tx.campaigns.findChannel(stream.campaignId, channel);
      if (row === undefined) continue;
      const reasons = new Set(row.pauseReasons);
      if (notes?.accountRefusal !== undefined) reasons.add('accountRefused');
      if (this.plan.refusing.includes(stream)) reasons.add('refusals');
      await this.tx.campaigns.updateChannel(stream.campaignId, channel, {
        ...(row.firstHandoverAt === null && handedOver.has(stream) ? { firstHandoverAt: now } : {}),
        ...(notes !== undefined || this.plan.isInStore ? { lastOutcomeAt: now } : {}),
        ...(reasons.size > row.pauseReasons.length ? { pauseReasons: [...reasons] } : {}),
      });
      for (const reason of reasons) {
        if (row.pauseReasons.includes(reason)) continue;
        const detail =
          reason === 'accountRefused' ? notes?.accountRefusal : 'over half of the last 1,000 answers refused';
        await this.tx.campaigns.addMove({
          campaignId: stream.campaignId,
          at: now,
          actor: 'system',
          move: `pause ${channel}: ${reason}`,
          detail: detail ?? null,
        });
      }
      if (notes === undefined) continue;
      await this.tx.ledger.addDetails(stream, notes.details);
      if (notes.drops.length > 0) await this.tx.members.dropContactPoints(channel, notes.drops);
    }
  }
}

function countInFlight(cells: Uint8Array): number {
  let count = 0;
  for (const code of cells) if (isInFlight(code)) count++;
  return count;
}

const joinNotes = (left: MergeNotes, right: MergeNotes): MergeNotes => ({
  details: [...left.details, ...right.details],
  drops: [...left.drops, ...right.drops],
  accountRefusal: left.accountRefusal ?? right.accountRefusal,
});
