/** What a turn writes beside the rows: counts by code, times and pauses of the channel, details of who was not told. */
import { settleIfDone } from '../campaign/settle.js';
import { PENDING_FRESH } from '../ledger/cell-code.js';
import type { CountDelta } from '../ledger/ledger-repository.js';
import type { MergeNotes } from './merge-answers.js';
import type { PushTx } from './push-tx.js';
import type { PushStream } from './stream.js';
import type { TurnPlan } from './turn-plan.js';

export class TurnBooks {
  private readonly deltas = new Map<PushStream, Int32Array>();
  private readonly notes = new Map<PushStream, MergeNotes>();

  constructor(
    private readonly tx: PushTx,
    private readonly plan: TurnPlan,
  ) {}

  /** Change of members by code in a stream; whoever moves a cell changes it in place. */
  deltasOf(stream: PushStream): Int32Array {
    let deltas = this.deltas.get(stream);
    if (deltas === undefined) this.deltas.set(stream, (deltas = new Int32Array(256)));
    return deltas;
  }

  note(stream: PushStream, notes: MergeNotes): void {
    const earlier = this.notes.get(stream);
    this.notes.set(stream, earlier === undefined ? notes : joinNotes(earlier, notes));
  }

  async write(handedOver: Iterable<PushStream>): Promise<void> {
    await this.writeCounts();
    const handed = new Set(handedOver);
    if (this.plan.isInStore) for (const stream of this.deltas.keys()) handed.add(stream);
    for (const stream of new Set([...handed, ...this.notes.keys(), ...this.plan.refusing])) {
      await this.writeChannel(stream, handed.has(stream));
      const notes = this.notes.get(stream);
      if (notes === undefined) continue;
      await this.tx.ledger.addDetails(stream, notes.details);
      if (notes.drops.length > 0) await this.tx.members.dropContactPoints(this.plan.channel, notes.drops);
    }
  }

  private async writeCounts(): Promise<void> {
    // In one order for all who write counts: two turns of the same campaigns wait for each other, and go on.
    const inOrder = [...this.deltas].sort(([left], [right]) => left.campaignId - right.campaignId);
    for (const [stream, deltas] of inOrder) {
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

  /** Times and pause reasons of the stream's channel. */
  private async writeChannel(stream: PushStream, isHandedOver: boolean): Promise<void> {
    const { now, channel, isInStore, refusing } = this.plan;
    const notes = this.notes.get(stream);
    const row = await this.tx.campaigns.lockChannel(stream.campaignId, channel);
    if (row === undefined) return;
    const reasons = new Set(row.pauseReasons);
    if (notes?.accountRefusal !== undefined) reasons.add('accountRefused');
    if (refusing.includes(stream)) reasons.add('refusals');
    await this.tx.campaigns.updateChannel(stream.campaignId, channel, {
      ...(row.firstHandoverAt === null && isHandedOver ? { firstHandoverAt: now } : {}),
      ...(notes !== undefined || isInStore ? { lastOutcomeAt: now } : {}),
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
  }
}

const joinNotes = (left: MergeNotes, right: MergeNotes): MergeNotes => ({
  details: [...left.details, ...right.details],
  drops: [...left.drops, ...right.drops],
  accountRefusal: left.accountRefusal ?? right.accountRefusal,
});
