import { CHANNELS, type Channel } from '../../src/core/channels.js';
import { isDomainError } from '../../src/core/errors.js';
import { campaignId, memberId, ordinal as toOrdinal } from '../../src/core/ids.js';
import { recordReceipts, type Receipt } from '../../src/ledger/record-receipts.js';
import { eraseMember } from '../../src/membership/erase-member.js';
import { suppressMember } from '../../src/membership/suppress.js';
import { unsubscribe } from '../../src/membership/unsubscribe.js';
import type { OptOut } from './history.js';
import type { Machine } from './machine.js';
import type { Operator } from './operator.js';
import { between, pick } from './scenario.js';
import type { World } from './world.js';

/** Receipts that come before the vendor's own answer, and later ones. */
const RECEIPT_DELAYS_MS = [0, 5, 400, 6_000];
const LATE_RECEIPT_DELAYS_MS = [6_000, 12_000];
const RECEIPTS_EVERY_MS = 400;

/** Members who leave, and vendors who report what became of messages. */
export class Crowd {
  private reported = new Map<Channel, number>();

  constructor(
    private readonly world: World,
    private readonly machine: Machine,
    private readonly operator: Operator,
  ) {}

  /** Somebody leaves a channel, or for good. */
  leave(): void {
    const { random, scenario } = this.world;
    const ordinal = between(random, 0, scenario.memberCount - 1);
    const how = pick(random, ['denied', 'denied', 'suppressed', 'erased'] as const);
    const channels = how === 'erased' ? CHANNELS : [pick(random, CHANNELS)];
    const optOuts = channels.map((channel): OptOut => ({
      ordinal,
      channel,
      askedAtMs: this.world.nowMs,
      ackedAtMs: undefined,
      how,
    }));
    this.world.history.optOuts.push(...optOuts);
    this.operator.attempt(`member ${ordinal} is ${how} on ${channels.join(', ')}`, async ({ membership }) => {
      const id = memberId(`m${ordinal}`);
      try {
        if (how === 'denied') {
          const [channel = 'sms'] = channels;
          await unsubscribe(membership, { ordinal, channel, campaignId: campaignId(1) });
        } else if (how === 'suppressed') {
          await suppressMember(membership, { memberId: id, channels, action: 'suppress', reason: 'asked' });
        } else {
          await eraseMember(membership, { memberId: id });
        }
      } catch (error) {
        if (!isDomainError(error, 'NOT_FOUND')) throw error; // erased before: nothing is left to close
      }
      for (const optOut of optOuts) optOut.ackedAtMs ??= this.world.nowMs;
    });
  }

  /** From now on vendors report on part of what they sent, some at once. */
  startReceipts(): void {
    const { world } = this;
    // Where members are sent to again, much becomes known only while that is under way.
    const isLate = world.scenario.theme === 'sendAgain';
    const share = isLate ? 0.7 : 0.2;
    const delaysMs = isLate ? LATE_RECEIPT_DELAYS_MS : RECEIPT_DELAYS_MS;
    for (const [channel, vendor] of world.vendors) {
      const from = this.reported.get(channel) ?? 0;
      this.reported.set(channel, vendor.messages.length);
      const fresh = vendor.messages.slice(from).filter(() => world.random.next() < share);
      if (fresh.length === 0) continue;
      const receipts = fresh.map(({ reference }): Receipt => ({
        reference,
        outcome: world.random.next() < 0.8 ? 'delivered' : 'bounced',
      }));
      const again = receipts.filter(({ outcome }) => outcome === 'delivered' && world.random.next() < 0.1);
      this.report(pick(world.random, delaysMs), receipts);
      this.report(
        9_000,
        again.map(({ reference }) => ({ reference, outcome: 'bounced' })),
      );
    }
    world.timeline.after(world.random.next() < 0.5 ? 10 : RECEIPTS_EVERY_MS, () => {
      this.startReceipts();
    });
  }

  private report(delayMs: number, receipts: readonly Receipt[]): void {
    if (receipts.length === 0) return;
    this.world.timeline.after(delayMs, () => {
      this.operator.attempt(`${receipts.length} receipts`, async ({ store, clock, references }) => {
        const open = receipts.filter(({ reference }) => this.isUnrecorded(reference));
        const results = await recordReceipts({ store, clock, references }, receipts);
        const wasFirst = receipts.some((receipt, index) => open.includes(receipt) && results[index] === 'recorded');
        if (wasFirst) this.world.sightings.saw('receipt before its send was recorded');
        if (delayMs === 9_000 && results.includes('recorded')) this.world.sightings.saw('bounced after delivered');
      });
    });
  }

  /** Whether no process has been told yet that the vendor took it. */
  private isUnrecorded(reference: string): boolean {
    const named = this.machine.engine?.references.read(reference);
    if (named === undefined) return false;
    const { ordinal, channel } = named;
    return !this.world.history.answered.some(
      (answer) => answer.channel === channel && answer.ordinal === toOrdinal(ordinal) && answer.kind === 'accepted',
    );
  }
}
