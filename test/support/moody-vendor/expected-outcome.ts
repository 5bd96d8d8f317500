/**
 * What the books must say of a member, told by nothing but the vendor's log: a second writing of the rules of
 * docs/LEDGER.md, as short as it can be.
 */
import type { DeliveryMode } from '../../../src/ledger/cell-moves.js';
import type { MemberMark, SeenRequest, VendorFault } from './vendor-script.js';

/** One request about one member. */
export interface Attempt {
  readonly atMs: number;
  readonly fault: VendorFault;
  readonly mark: MemberMark;
  readonly round: number;
  /** How long the vendor took for its answer; 0 where it gave none. */
  readonly tookMs: number;
}

export type Word = 'accepted' | 'throttled' | 'transient' | 'address' | 'message' | 'account' | 'ambiguous';

/** What the sender can have understood. */
export function wordOf({ fault, mark }: Pick<Attempt, 'fault' | 'mark'>): Word {
  switch (fault.kind) {
    case 'accept':
    case 'refuseSome':
      return mark === 'refused' ? 'address' : 'accepted';
    case 'drip':
      return fault.everyMs === 0 ? 'accepted' : 'ambiguous';
    case 'throttle':
      return 'throttled';
    case 'status':
      if (fault.status >= 500) return 'ambiguous';
      if (fault.status === 425) return 'transient';
      return [401, 402, 403, 404, 405].includes(fault.status) ? 'account' : 'message';
    case 'reset':
    case 'hang':
    case 'half':
    case 'nonsense':
      return 'ambiguous';
    case 'smtp':
      return mark === 'delivered' ? 'accepted' : smtpWord(fault);
  }
}

function smtpWord({ stage, code, text }: Extract<VendorFault, { readonly kind: 'smtp' }>): Word {
  if (code === 421) return 'throttled';
  if (code < 500) return 'transient';
  if (stage === 'greeting' || stage === 'sender') return 'account';
  return text.startsWith('5.1.') ? 'address' : 'message';
}

export interface Rules {
  readonly mode: DeliveryMode;
  readonly maxDefiniteTries: number;
  readonly maxAmbiguousTries: number;
}

/** The outcome that the books must have; `asked after the end` when the vendor was asked once more than it may. */
export function expectedOutcome(attempts: readonly Attempt[], rules: Rules): string {
  const isKeyed = rules.mode === 'keyed';
  let definite = 0;
  let ambiguous = 0;
  let end: string | undefined;
  for (const attempt of attempts) {
    if (end !== undefined) return `asked after the end: ${end}`;
    const mayHaveArrived = ambiguous > 0 && !isKeyed;
    switch (wordOf(attempt)) {
      case 'accepted':
        end = mayHaveArrived ? 'sentPossiblyDoubled' : 'sent';
        break;
      case 'throttled':
      case 'account':
        break;
      case 'address':
        end = mayHaveArrived ? 'unknown' : 'failedAddress';
        break;
      case 'message':
        end = mayHaveArrived ? 'unknown' : 'failedMessage';
        break;
      case 'transient':
        if (isKeyed && ambiguous > 0) break;
        definite++;
        if (definite >= rules.maxDefiniteTries) end = mayHaveArrived ? 'unknown' : 'failedExhausted';
        break;
      case 'ambiguous':
        if (isKeyed || (rules.mode === 'atLeastOnce' && ambiguous < rules.maxAmbiguousTries)) ambiguous++;
        else end = 'unknown';
    }
  }
  return end ?? 'pending';
}

/** Requests by member: those of one campaign where the vendor knows it, of one path in any case. */
export function attemptsByMember(
  seen: readonly SeenRequest[],
  { path, campaignId }: { readonly path: string; readonly campaignId: number },
): ReadonlyMap<number, readonly Attempt[]> {
  const attempts = new Map<number, Attempt[]>();
  for (const request of [...seen].sort((a, b) => a.atMs - b.atMs)) {
    if (request.path !== path) continue;
    const tookMs = request.answeredAtMs === undefined ? 0 : request.answeredAtMs - request.atMs;
    for (const [campaign, ordinal, round, mark] of request.members) {
      if (campaign !== 0 && campaign !== campaignId) continue;
      const list = attempts.get(ordinal) ?? [];
      list.push({ atMs: request.atMs, fault: request.fault, mark, round, tookMs });
      attempts.set(ordinal, list);
    }
  }
  return attempts;
}

export const timesDelivered = (attempts: readonly Attempt[]): number =>
  attempts.filter(({ mark }) => mark === 'delivered').length;

/**
 * Requests that a vendor got although it had asked to be left alone. On the connection that was told so there is no
 * excuse at all; what was on its way on another one has `graceMs`.
 */
export function tooEarly(seen: readonly SeenRequest[], graceMs: number): readonly SeenRequest[] {
  const bans = seen.flatMap(({ path, connection, fault, answeredAtMs }) => {
    const waitMs = waitOf(fault);
    return waitMs === undefined || answeredAtMs === undefined ? [] : [{ path, connection, answeredAtMs, waitMs }];
  });
  return seen.filter((request) =>
    bans.some(({ path, connection, answeredAtMs, waitMs }) => {
      if (request.path !== path || request.atMs <= answeredAtMs) return false;
      const sinceMs = request.atMs - answeredAtMs;
      return sinceMs < waitMs && (request.connection === connection || sinceMs > graceMs);
    }),
  );
}

/** An HTTP date has whole seconds: both it and the answer's own Date are cut, so their difference is exact. */
function waitOf(fault: VendorFault): number | undefined {
  if (fault.kind === 'throttle') return fault.retryAfterMs;
  return fault.kind === 'status' ? fault.retryAfterMs : undefined;
}
