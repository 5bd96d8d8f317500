import type { AnswerDetail, AnswerKind, ChunkAnswer } from '../core/ports/provider.js';
import type { EpochMs } from '../core/time.js';
import {
  ambiguousTries,
  classOfCode,
  definiteTries,
  IN_FLIGHT_BASE,
  isInFlight,
  isPending,
  OUTCOME_CODES,
} from '../ledger/cell-code.js';
import { afterAnswer, afterTakeover } from '../ledger/cell-moves.js';
import type { DetailRow } from '../ledger/ledger-repository.js';
import type { BucketImage } from './bucket-image.js';
import { accountRefusalOf, isEndpointAway } from './circuit.js';
import { isGivenUp } from './poison.js';
import type { ContactPointDrop } from './push-tx.js';
import type { FinishedChunk } from './turn-plan.js';

/** What a merge leaves to be written beside the cells. */
export interface MergeNotes {
  readonly details: readonly DetailRow[];
  readonly drops: readonly ContactPointDrop[];
  /** The vendor's words when it refuses the whole account. */
  readonly accountRefusal: string | undefined;
}

interface MergeOptions {
  readonly now: EpochMs;
  /** What a stop kept from being sent may go at once when we are back. */
  readonly isStopping: boolean;
  readonly backOffMs: (tries: number) => number;
  readonly notSentMs: () => number;
}

/** One draw of chance for all members of a chunk: of many the longest would count for all of them. */
function drawnOnce(backOffMs: (tries: number) => number): (tries: number) => number {
  const drawn = new Map<number, number>();
  return (tries) => {
    const waitMs = drawn.get(tries) ?? backOffMs(tries);
    drawn.set(tries, waitMs);
    return waitMs;
  };
}

const MAX_VENDOR_TEXT = 500;
const NOTHING: MergeNotes = { details: [], drops: [], accountRefusal: undefined };

/** Moves the cells of a finished chunk by its answers; cells that a receipt settled meanwhile stay. */
export function mergeAnswers(image: BucketImage, finished: FinishedChunk, options: MergeOptions): MergeNotes {
  const { now } = options;
  const backOffMs = drawnOnce(options.backOffMs);
  const notSentMs = options.isStopping ? 0 : options.notSentMs();
  const { positions, answer, held, sentAt } = finished;
  const details: DetailRow[] = [];
  const drops: ContactPointDrop[] = [];
  const retryAfterMs = answer.retryAfterMs ?? 0;
  if (answer.kinds === 'accepted' && image.areAll(positions, IN_FLIGHT_BASE)) {
    image.settle(positions, OUTCOME_CODES.sent); // first tries, all accepted
    image.openCount -= positions.length;
    return NOTHING;
  }
  if (answer.isSenderLost === true) return mergeLoss(image, finished, options);
  for (let index = 0; index < positions.length; index++) {
    const position = positions[index] ?? 0;
    const kind = kindAt(answer, index);
    const next = afterAnswer(image.codeAt(position), kind, held.stream.rules);
    if (next === undefined) continue;
    image.move(position, next);
    if (next === OUTCOME_CODES.sent) continue;
    if (isPending(next)) {
      const waitMs = kind === 'notSent' ? notSentMs : Math.max(retryAfterMs, triedWaitMs(kind, next, backOffMs));
      image.waitUntil(position, now + waitMs);
    } else if (classOfCode(next) !== 'sent') {
      details.push(detailOf(answer, { index, ordinal: held.ordinals[position] ?? 0, at: now, cellCode: next }));
    }
    if (kind === 'addressRefused') drops.push({ ordinal: held.ordinals[position] ?? 0, sentAt });
  }
  image.openCount -= positions.length;
  return { details, drops, accountRefusal: refusalInWords(answer) };
}

/** The sender died with these members in hand: nobody knows who of them got it, as after a takeover. */
function mergeLoss(image: BucketImage, { positions, answer, held }: FinishedChunk, options: MergeOptions): MergeNotes {
  const { now } = options;
  const details: DetailRow[] = [];
  image.noteLoss();
  const waitMs = options.backOffMs(image.lossCount);
  const isPoison = isGivenUp(held.lossCount, held.openCount);
  for (const [index, position] of positions.entries()) {
    const code = image.codeAt(position);
    if (!isInFlight(code)) continue; // a receipt came first
    if (isPoison) {
      image.giveUp(position);
      continue;
    }
    const next = afterTakeover(code, held.stream.rules.mode);
    image.move(position, next);
    if (isPending(next)) image.waitUntil(position, now + waitMs);
    else details.push(detailOf(answer, { index, ordinal: held.ordinals[position] ?? 0, at: now, cellCode: next }));
  }
  image.openCount -= positions.length;
  return { ...NOTHING, details };
}

export const kindAt = (answer: ChunkAnswer, index: number): AnswerKind =>
  typeof answer.kinds === 'string' ? answer.kinds : (answer.kinds[index] ?? 'ambiguous');

function triedWaitMs(kind: AnswerKind, code: number, backOffMs: (tries: number) => number): number {
  if (kind === 'transient' || kind === 'ambiguous') return backOffMs(definiteTries(code) + ambiguousTries(code));
  return backOffMs(1); // no try that counts, but the vendor wants to be left alone
}

function detailOf(
  answer: ChunkAnswer,
  about: { readonly index: number; readonly ordinal: number; readonly at: EpochMs; readonly cellCode: number },
): DetailRow {
  const detail: AnswerDetail = answer.details?.get(about.index) ?? answer.detail ?? {};
  return {
    ordinal: about.ordinal,
    at: about.at,
    cellCode: about.cellCode,
    vendorCode: detail.code ?? null,
    vendorText: detail.text?.slice(0, MAX_VENDOR_TEXT) ?? null,
    vendorMessageId: detail.vendorMessageId ?? null,
  };
}

/** An endpoint that is away is the circuit's business; an account that is refused needs a person. */
function refusalInWords(answer: ChunkAnswer): string | undefined {
  const refusal = accountRefusalOf(answer);
  if (refusal === undefined || isEndpointAway(refusal)) return undefined;
  return [refusal.code, refusal.text]
    .filter((part) => part !== undefined)
    .join(' ')
    .slice(0, MAX_VENDOR_TEXT);
}
