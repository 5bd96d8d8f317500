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
import type { DomainError } from '../core/errors.js';
import type { BucketTasks } from '../core/ports/task-outbox.js';
import { epochMs, type EpochMs } from '../core/time.js';
import { isInFlight } from '../ledger/cell-code.js';
import { afterTakeover } from '../ledger/cell-moves.js';
import { decodeBucket } from '../ledger/bucket-members.js';
import type { ClaimedBucket, LedgerWrite } from '../ledger/ledger-repository.js';
import { BucketImage } from './bucket-image.js';
import { mergeAnswers } from './merge-answers.js';
import { markBucket } from './mark-bucket.js';
import { DAMAGED_REST_MS, isGivenUp, isIsolated, poisonDetail } from './poison.js';
import type { PushTx } from './push-tx.js';
import { keyOf, type HeldBucket, type PushStream } from './stream.js';
import { dueAtOf, tasksForReleased } from './released-tasks.js';
import { TurnBooks } from './turn-books.js';
import type {
  BucketPlace,
  MarkedChunk,
  StreamResult,
  StreamWant,
  TurnPlace,
  TurnPlan,
  TurnResult,
} from './turn-plan.js';

/** After so long it is tried again to claim what was left alone. */
const LEFT_ALONE_MS = 200;

export async function runTurn(tx: PushTx, plan: TurnPlan, place: TurnPlace): Promise<TurnResult> {
  const turn = new Turn(tx, plan, place);
  await turn.merge();
  if (plan.giveUp !== undefined) await turn.giveUp(plan.giveUp);
  const streams: StreamResult[] = [];
  for (const want of plan.wants) streams.push(await turn.serve(want));
  for (const held of plan.giveBack) await turn.imageOf(held);
  await turn.putOff();
  const buckets = await turn.write();
  return { buckets, chunks: turn.chunks, streams, damages: turn.damages };
}

class Turn {
  readonly chunks: MarkedChunk[] = [];
  readonly damages: DomainError[] = [];
  private readonly images = new Map<HeldBucket, BucketImage>();
  private readonly claimed = new Set<HeldBucket>();
  private readonly lost = new Set<HeldBucket>();
  private readonly books: TurnBooks;
  private readonly stopped: ReadonlySet<HeldBucket>;
  private readonly unrunnable = new Set<PushStream>();

  constructor(
    private readonly tx: PushTx,
    private readonly plan: TurnPlan,
    private readonly place: TurnPlace,
  ) {
    this.books = new TurnBooks(tx, plan);
    this.stopped = new Set(plan.giveBack);
  }

  async merge(): Promise<void> {
    for (const finished of this.plan.answers) {
      const image = await this.imageOf(finished.held);
      if (image === undefined) continue; // whoever holds the bucket now has settled what we had in flight
      this.books.note(finished.held.stream, mergeAnswers(image, finished, this.plan));
    }
  }

  /** Marks members of one stream for as much as was wanted: first from buckets at hand, then from claimed ones. */
  async serve(want: StreamWant): Promise<StreamResult> {
    const { stream } = want;
    if (!(await this.isRunnable(stream))) {
      this.unrunnable.add(stream);
      return { stream, markedMembers: 0, isRunnable: false, claimedBuckets: 0, isShort: false, nextDueAt: undefined };
    }
    let room = want.members;
    for (const held of want.held) {
      if (room <= 0) break;
      const image = await this.imageOf(held);
      if (image !== undefined) room -= await this.mark(image, want, room);
    }
    let claimedBuckets = 0;
    let claimsLeft = want.maxClaims;
    let isExhausted = false;
    while (room > 0 && claimsLeft > 0 && !isExhausted) {
      const limit = Math.min(claimsLeft, Math.ceil(room / 1_000));
      const claimed = await this.claim(want, limit);
      isExhausted = claimed.length < limit;
      claimsLeft -= limit;
      claimedBuckets += claimed.length;
      for (const bucket of claimed) {
        const image = this.take(stream, bucket);
        if (!isIsolated(image)) room -= await this.mark(image, want, room);
      }
    }
    const nextDueAt = isExhausted ? await this.nextDueAt(want) : undefined;
    const count = isExhausted ? 0 : want.tasksFor(claimedBuckets);
    if (count > 0) await this.tx.tasks.append({ ...addressOf(stream), count });
    const isShort = room > 0 && claimedBuckets > 0 && !isExhausted;
    return { stream, markedMembers: want.members - room, isRunnable: true, claimedBuckets, isShort, nextDueAt };
  }

  /** Gives up the member that this bucket would send to next. */
  async giveUp(held: HeldBucket): Promise<void> {
    const image = await this.imageOf(held);
    if (image === undefined) return;
    await this.at({ held, isClaimedNow: false, work: 'giveUp' }, () =>
      markBucket(this.tx, image, { plan: this.plan, room: 1, chunkMembers: 1, isGivingUp: true }),
    );
  }

  async putOff(): Promise<void> {
    const { now, restMs } = this.plan;
    for (const held of this.plan.putOff) {
      await this.tx.ledger.putOff(keyOf(held), { token: held.token, dueAt: epochMs(now + restMs(held.lossCount + 1)) });
    }
  }

  /** The row of a held bucket as this turn changes it; undefined when the lease was lost. */
  async imageOf(held: HeldBucket): Promise<BucketImage | undefined> {
    const known = this.images.get(held);
    if (known !== undefined || this.lost.has(held)) return known;
    const row = await this.at({ held, isClaimedNow: false, work: 'load' }, () =>
      this.tx.ledger.load(keyOf(held), held.token),
    );
    if (row === undefined) {
      this.lost.add(held);
      return undefined;
    }
    const image = new BucketImage(held, row, this.books.deltasOf(held.stream));
    this.images.set(held, image);
    return image;
  }

  async write(): Promise<TurnResult['buckets']> {
    const { now, putOff } = this.plan;
    const images = [...this.images.values()];
    const released = new Set(images.filter((image) => this.shouldRelease(image)));
    const writes = images.map((image) => image.toWrite(now, released.has(image)));
    const saved = await this.tx.ledger.save(writes);
    assert(saved.every(Boolean), 'a row loaded under its token is written under it in the same transaction');
    for (const { givenUp, held } of images) {
      if (givenUp.length === 0) continue;
      const details = givenUp.map((about) => poisonDetail(about, now));
      this.books.note(held.stream, { details, drops: [], accountRefusal: undefined });
    }
    await this.tellOfReleased(writes);
    await this.books.write(this.chunks.map(({ held }) => held.stream));
    return [
      ...images.map((image) => ({
        before: image.held,
        after: released.has(image) ? undefined : image.toHeld(),
        isClaimed: this.claimed.has(image.held),
      })),
      ...[...this.lost, ...putOff].map((before) => ({ before, after: undefined, isClaimed: false })),
    ];
  }

  /** What is given back with members pending is somebody's to claim when it is due: this node's, or another's. */
  private async tellOfReleased(writes: readonly LedgerWrite[]): Promise<void> {
    const { now, isStopping } = this.plan;
    const dueOf = new Map<PushStream, EpochMs[]>();
    for (const [index, { held }] of [...this.images.values()].entries()) {
      const dueAt = dueAtOf(writes[index]?.release);
      const isGone = this.unrunnable.has(held.stream) || (this.stopped.has(held) && !isStopping);
      if (dueAt === undefined || isGone) continue;
      dueOf.set(held.stream, [...(dueOf.get(held.stream) ?? []), dueAt]);
    }
    // Beside those of the look-ahead, which go on: were they followed by others like those, each retry would leave one
    // more for good. A node that stops takes its part of the look-ahead along, and gives it back by these.
    const isExtra = !isStopping;
    for (const [stream, dues] of dueOf) {
      for (const task of tasksForReleased(dues, now)) {
        await this.tx.tasks.append({ ...addressOf(stream), ...task, isExtra });
      }
    }
  }

  /** Damaged rows are left out and looked at again later: one must not hold up all others. */
  private claim({ stream, except }: StreamWant, limit: number): Promise<readonly ClaimedBucket[]> {
    const { now, owner, leaseMs } = this.plan;
    return this.tx.ledger.claim(stream, {
      audienceId: stream.audienceId,
      limit,
      now,
      owner,
      leaseMs,
      except,
      onDamage: (error) => {
        this.damages.push(error);
        return epochMs(now + DAMAGED_REST_MS);
      },
    });
  }

  /** Buckets that were left alone because members of theirs are at the vendor may be due all the while. */
  private async nextDueAt({ stream, except }: StreamWant): Promise<EpochMs | null> {
    const dueAt = await this.tx.ledger.nextDueAt(stream);
    const { now } = this.plan;
    return dueAt !== null && dueAt <= now && except.length > 0 ? epochMs(now + LEFT_ALONE_MS) : dueAt;
  }

  private async mark(image: BucketImage, want: StreamWant, room: number): Promise<number> {
    const { held } = image;
    const { chunks, markedMembers } = await this.at({ held, isClaimedNow: this.claimed.has(held), work: 'mark' }, () =>
      markBucket(this.tx, image, { plan: this.plan, room, chunkMembers: want.chunkMembers }),
    );
    this.chunks.push(...chunks);
    return markedMembers;
  }

  /** Takes over a claimed row: what its last holder had in flight is decided by the mode. */
  private take(stream: PushStream, { row, members }: ClaimedBucket): BucketImage {
    const { now } = this.plan;
    const isDue = (at: EpochMs | null): boolean => at === null || at <= now;
    const inFlightCount = row.openSince === null ? 0 : countInFlight(row.cells); // what is in flight was handed over
    const held: HeldBucket = {
      stream,
      bucket: row.bucket,
      token: row.token,
      ordinals: decodeBucket(members),
      pass: { fresh: isDue(row.nextAttemptAt), tried: inFlightCount > 0 || isDue(row.retryAt) },
      lossCount: row.lossCount + (inFlightCount > 0 ? 1 : 0),
      hasLost: false,
      claimedCount: row.pendingCount,
      cursor: 0,
      openCount: 0,
      freshAt: null,
      triedAt: null,
    };
    const image = new BucketImage(held, row, this.books.deltasOf(stream));
    this.images.set(held, image);
    this.claimed.add(held);
    if (inFlightCount === 0) return image;
    const isPoison = isGivenUp(row.lossCount, inFlightCount);
    for (let position = 0; position < row.cells.length; position++) {
      const code = image.codeAt(position);
      if (!isInFlight(code)) continue;
      if (isPoison) image.giveUp(position);
      else image.move(position, afterTakeover(code, stream.rules.mode));
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
    return image.isThrough || this.stopped.has(image.held) || this.unrunnable.has(image.held.stream);
  }

  private async at<Result>(place: BucketPlace, work: () => Promise<Result>): Promise<Result> {
    this.place.bucket = place;
    const result = await work();
    this.place.bucket = undefined;
    return result;
  }
}

function countInFlight(cells: Uint8Array): number {
  let count = 0;
  for (let position = 0; position < cells.length; position++) if (isInFlight(cells[position] ?? 0)) count++;
  return count;
}

const addressOf = ({ campaignId, channel, campaignClass }: PushStream): Omit<BucketTasks, 'count' | 'dueAt'> => ({
  campaignId,
  channel,
  campaignClass,
});
