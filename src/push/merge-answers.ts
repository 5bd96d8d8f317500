import type { AnswerDetail, AnswerKind, ChunkAnswer } from '../core/ports/provider.js';
import type { EpochMs } from '../core/time.js';
import {
  ambiguousTries,
  classOfCode,
  definiteTries,
  IN_FLIGHT_BASE,
  isPending,
  OUTCOME_CODES,
} from '../ledger/cell-code.js';
import { afterAnswer } from '../ledger/cell-moves.js';
import type { DetailRow } from '../ledger/ledger-repository.js';
import type { BucketImage } from './bucket-image.js';
import { accountRefusalOf, isEndpointAway } from './circuit.js';
import type { ContactPointDrop } from './push-tx.js';
import type { FinishedChunk } from './turn-plan.js';

/** What a merge leaves to be written beside the cells. */
export interface MergeNotes {
  readonly details: readonly DetailRow[];
  readonly drops: readonly ContactPointDrop[];
  /** The vendor's words when it refuses the whole account. */
  readonly accountRefusal: string | undefined;
}

const MAX_VENDOR_TEXT = 500;
const NOTHING: MergeNotes = { details: [], drops: [], accountRefusal: undefined };

/** Moves the cells of a finished chunk by its answers; cells that a receipt settled meanwhile stay. */
export function mergeAnswers(
  image: BucketImage,
  { positions, answer, held, sentAt }: FinishedChunk,
  { now, backOffMs }: { readonly now: EpochMs; readonly backOffMs: (tries: number) => number },
): MergeNotes {
  const details: DetailRow[] = [];
  const drops: ContactPointDrop[] = [];
  const retryAfterMs = answer.retryAfterMs ?? 0;
  if (answer.kinds === 'accepted' && image.areAll(positions, IN_FLIGHT_BASE)) {
    image.settle(positions, OUTCOME_CODES.sent); // first tries, all accepted
    image.openCount -= positions.length;
    return NOTHING;
  }
  for (let index = 0; index < positions.length; index++) {
    const position = positions[index] ?? 0;
    const kind = kindAt(answer, index);
    const next = afterAnswer(image.codeAt(position), kind, held.stream.rules);
    if (next === undefined) continue;
    image.move(position, next);
    if (next === OUTCOME_CODES.sent) continue;
    if (isPending(next)) {
      image.waitUntil(position, now + Math.max(retryAfterMs, waitMs(kind, next, backOffMs)));
    } else if (classOfCode(next) !== 'sent') {
      details.push(detailOf(answer, { index, ordinal: held.ordinals[position] ?? 0, at: now, cellCode: next }));
    }
    if (kind === 'addressRefused') drops.push({ ordinal: held.ordinals[position] ?? 0, sentAt });
  }
  image.openCount -= positions.length;
  return { details, drops, accountRefusal: refusalInWords(answer) };
}

export const kindAt = (answer: ChunkAnswer, index: number): AnswerKind =>
  typeof answer.kinds === 'string' ? answer.kinds : (answer.kinds[index] ?? 'ambiguous');

function waitMs(kind: AnswerKind, code: number, backOffMs: (tries: number) => number): number {
  if (kind === 'transient' || kind === 'ambiguous') return backOffMs(definiteTries(code) + ambiguousTries(code));
  return kind === 'throttled' || kind === 'accountRefused' ? backOffMs(1) : 0;
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
