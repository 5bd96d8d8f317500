import type { Channel } from '../../src/core/channels.js';
import type { VendorRequest, VendorResponse } from '../../src/adapters/vendors/http/http-transport.js';
import { peekReference } from '../../src/push/reference.js';
import type { VendorPlan } from './scenario.js';

/** What the vendor thinks of a member, whenever it is asked. */
export type Verdict = 'OK' | 'ADDRESS' | 'MESSAGE' | 'LATER';

/** A message that went out to a member. */
export interface Message {
  readonly reference: string;
  readonly campaignId: number;
  readonly ordinal: number;
  readonly round: number;
  readonly atMs: number;
}

interface Item {
  readonly ref: string;
}

/** Share of all members, by what a vendor answers about them. */
const DEAD_ADDRESSES = 31;
const BAD_MESSAGES = 47;
const LONG_LATER = 61;
const LATER_AT_FIRST = 13;
/** Longer than anybody is tried who fails definitely; a keyed member with an ambiguous try has no other bound. */
const LONG_TRIES = 6;

/** The vendor behind a channel, with its own log: it outlives every process of ours, and the judge believes it. */
export class SimulatedVendor {
  readonly messages: Message[] = [];
  /** Requests for a key that it knew: answered as before, nothing sent. */
  recognised = 0;
  private readonly keys = new Map<string, number>();
  private readonly asked = new Map<string, number>();
  private readonly verdicts = new Map<number, Set<Verdict>>();

  constructor(
    readonly channel: Channel,
    private readonly plan: VendorPlan,
  ) {}

  /** Takes what it accepts of a request; answers as a vendor in good health. */
  serve(request: VendorRequest, atMs: number): VendorResponse {
    const { items } = JSON.parse(request.body.toString('utf8')) as { readonly items: readonly Item[] };
    const results = items.map(({ ref }) => ({ ref, code: this.take(ref, atMs) }));
    return answer(200, { code: results[0]?.code, results });
  }

  /** What it was asked to say about a member at any time. */
  verdictsOn(ordinal: number): ReadonlySet<Verdict> {
    return this.verdicts.get(ordinal) ?? new Set();
  }

  private take(reference: string, atMs: number): Verdict {
    const named = peekReference(reference);
    if (named === undefined) throw new Error(`The vendor was given "${reference}", which is no reference.`);
    const firstAtMs = this.keys.get(reference);
    const { keyLifeMs } = this.plan;
    if (keyLifeMs !== undefined && firstAtMs !== undefined && atMs - firstAtMs < keyLifeMs) {
      this.recognised++;
      return 'OK';
    }
    const verdict = this.judge(named);
    const verdicts = this.verdicts.get(named.ordinal) ?? new Set();
    this.verdicts.set(named.ordinal, verdicts.add(verdict));
    if (verdict !== 'OK') return verdict;
    this.keys.set(reference, atMs);
    const { campaignId, ordinal, round } = named;
    this.messages.push({ reference, campaignId, ordinal, round, atMs });
    return verdict;
  }

  private judge({ campaignId, ordinal }: { readonly campaignId: number; readonly ordinal: number }): Verdict {
    const place = ordinal + this.plan.salt;
    if (place % DEAD_ADDRESSES === 7) return 'ADDRESS';
    if (place % BAD_MESSAGES === 11) return 'MESSAGE';
    const key = `${campaignId}/${ordinal}`;
    const before = this.asked.get(key) ?? 0;
    this.asked.set(key, before + 1);
    if (place % LONG_LATER === 17 && before < LONG_TRIES) return 'LATER';
    return place % LATER_AT_FIRST === 5 && before === 0 ? 'LATER' : 'OK';
  }
}

/** An answer of a vendor. */
export const answer = (
  statusCode: number,
  body: unknown,
  extra: Partial<Pick<VendorResponse, 'retryAfter' | 'date' | 'isComplete'>> = {},
): VendorResponse => ({
  kind: 'answered',
  statusCode,
  retryAfter: undefined,
  date: undefined,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  isComplete: true,
  ...extra,
});
