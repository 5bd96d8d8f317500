/**
 * Deciding and marking: from a bucket's cursor on, each pending cell of the pass is either suppressed with its reason
 * or marked in flight, until as many are marked as pace and window have room for. Flags are read in the transaction
 * that marks, so an opt-out that committed before is seen. 0.01 µs a member plus 4 µs a block of 1,000.
 */
import { assert } from '../core/assert.js';
import { blockOf, offsetInBlock } from '../core/ranges.js';
import { channelIndex } from '../core/channels.js';
import type { CampaignId } from '../core/ids.js';
import {
  ambiguousTries,
  classOfCode,
  definiteTries,
  isPending,
  MAX_AMBIGUOUS_TRIES,
  OUTCOME_BASE,
  OUTCOME_CODES,
  PENDING_FRESH,
  toUnknown,
} from '../ledger/cell-code.js';
import { afterSuppress, markInFlight, type SuppressedCode, type TryRules } from '../ledger/cell-moves.js';
import { positionOf } from '../ledger/bucket-members.js';
import type { BucketImage } from './bucket-image.js';
import { chooseChannel, decideByChoice, decisionTable, SEND } from './decide.js';
import type { PushTx } from './push-tx.js';
import type { ParentStream, PushStream } from './stream.js';
import type { MarkedChunk, TurnPlan } from './turn-plan.js';

/** Part of a vendor's key life after which a member is not sent again under it. */
const KEY_LIFE_SHARE = 0.9;
const MIN_WINDOW = 64;

interface MarkOptions {
  readonly plan: TurnPlan;
  /** Members that may be marked. */
  readonly room: number;
  readonly chunkMembers: number;
  /** Gives up who would be sent to next, instead of marking. */
  readonly isGivingUp?: boolean;
}

/** Marks from the image's cursor on; moves the cursor. */
export async function markBucket(
  tx: PushTx,
  image: BucketImage,
  { plan, room, chunkMembers, isGivingUp }: MarkOptions,
): Promise<{ readonly chunks: readonly MarkedChunk[]; readonly markedMembers: number }> {
  const { stream, ordinals } = image.held;
  const context = await readContext(tx, image);
  const positions = new Uint16Array(Math.min(room, ordinals.length - image.cursor));
  let count = 0;
  while (image.cursor < ordinals.length && count < positions.length) {
    const end = Math.min(ordinals.length, image.cursor + Math.max(MIN_WINDOW, 2 * (positions.length - count)));
    const flags = await readFlags(tx, ordinals.subarray(image.cursor, end));
    count = decideWindow(image, { plan, flags, context, start: image.cursor, end, positions, count });
  }
  if (count === 0) return { chunks: [], markedMembers: 0 };
  const marked = positions.subarray(0, count);
  if (isGivingUp === true) {
    for (const position of marked) image.giveUp(position);
    return { chunks: [], markedMembers: 0 };
  }
  image.noteHandover(plan.now);
  if (plan.isInStore) {
    await tx.inbox.deliver(stream.campaignId, pick(ordinals, marked));
    image.settle(marked, OUTCOME_CODES.sent);
    return { chunks: [], markedMembers: count };
  }
  const chunks: MarkedChunk[] = [];
  const companyAt =
    plan.sharesRequests && !image.isUntouched
      ? (position: number): number => companyOf(image.cells[position] ?? 0, stream.rules)
      : undefined; // nobody of them was tried before
  for (const part of splitChunks(marked, chunkMembers, companyAt))
    chunks.push(await makeChunk(tx, image, part, context));
  const { cells } = image;
  for (let index = 0; index < marked.length; index++) {
    const position = marked[index] ?? 0;
    cells[position] = markInFlight(cells[position] ?? OUTCOME_BASE);
  }
  image.openCount += count;
  return { chunks, markedMembers: count };
}

interface Window {
  readonly plan: TurnPlan;
  /** Flags of the window's members, from its start. */
  readonly flags: Uint16Array;
  readonly context: BucketContext;
  readonly start: number;
  readonly end: number;
  /** Positions to send to, filled from `count` on. */
  readonly positions: Uint16Array;
  readonly count: number;
}

/** Answers how many positions are filled now. */
function decideWindow(image: BucketImage, window: Window): number {
  const { plan, flags, context, start, end, positions } = window;
  let { count } = window;
  const { stream, pass } = image.held;
  const { cells } = image;
  const table = decisionTable(stream.channel);
  const channel = channelIndex(stream.channel);
  let position = start;
  for (; position < end && count < positions.length; position++) {
    const code = cells[position] ?? OUTCOME_BASE;
    if (code === PENDING_FRESH ? !pass.fresh : !isPending(code) || !pass.tried) continue;
    const memberFlags = flags[position - start] ?? 0;
    const decision = context.isPlain
      ? (table[memberFlags] ?? SEND)
      : decideInContext(context, { position, memberFlags, table, channel });
    if (decision !== SEND) {
      const next = afterSuppress(code, decision as SuppressedCode); // the table holds these codes and SEND only
      assert(next !== undefined, 'a pending cell can be suppressed');
      image.move(position, next);
    } else if (ambiguousTries(code) > 0 && isKeyDead(image, plan)) {
      image.move(position, toUnknown(code));
    } else {
      positions[count++] = position;
    }
  }
  image.cursor = position;
  return count;
}

function isKeyDead(image: BucketImage, plan: TurnPlan): boolean {
  const { startedOpenSince } = image;
  if (image.held.stream.rules.mode !== 'keyed' || plan.keyLifeMs === undefined || startedOpenSince === null)
    return false;
  return plan.now - startedOpenSince > plan.keyLifeMs * KEY_LIFE_SHARE;
}

/** What decides beside the flags: the choice of policy `first`, and what the parent's cells say by now. */
interface BucketContext {
  readonly isPlain: boolean;
  readonly choice: Uint8Array | undefined;
  readonly parentCodes: Uint8Array | undefined;
}

async function readContext(tx: PushTx, image: BucketImage): Promise<BucketContext> {
  const { stream, ordinals } = image.held;
  const choice = stream.choiceOrder === null ? undefined : await choiceOf(tx, image);
  const parentCodes = stream.parent === null ? undefined : await codesIn(tx, { ...stream, ...stream.parent }, ordinals);
  return { isPlain: choice === undefined && parentCodes === undefined, choice, parentCodes };
}

function decideInContext(
  { choice, parentCodes }: BucketContext,
  about: {
    readonly position: number;
    readonly memberFlags: number;
    readonly table: Uint8Array;
    readonly channel: number;
  },
): number {
  const parentCode = parentCodes?.[about.position];
  if (parentCode !== undefined && classOfCode(parentCode) === 'sent') return OUTCOME_CODES.suppressedCovered;
  const byFlags = about.table[about.memberFlags] ?? SEND;
  const chosen = choice?.[about.position];
  return chosen === undefined ? byFlags : decideByChoice(byFlags, chosen, about.channel);
}

/** Made once, by the bucket's first claim on any channel, so that channels never both send or both leave it. */
async function choiceOf(tx: PushTx, image: BucketImage): Promise<Uint8Array> {
  const { stream, bucket, ordinals } = image.held;
  const known = await tx.ledger.choice(stream.campaignId, bucket);
  if (known !== undefined) return known;
  const flags = await readFlags(tx, ordinals);
  const choice = Uint8Array.from(flags, (memberFlags) => chooseChannel(memberFlags, stream.choiceOrder ?? []));
  return tx.ledger.keepChoice(stream.campaignId, bucket, choice);
}

/** Flags of ascending ordinals, in their order. */
async function readFlags(tx: PushTx, ordinals: Float64Array): Promise<Uint16Array> {
  const first = ordinals[0] ?? 0;
  const last = ordinals.at(-1) ?? first;
  const isRun = last - first + 1 === ordinals.length;
  const blocks = isRun ? blocksOfRun(first, last) : blocksOf(ordinals);
  const byBlock = await tx.members.flagsOfBlocks(blocks);
  const [only] = byBlock;
  if (isRun && blocks.length === 1 && only !== undefined) {
    return only.subarray(offsetInBlock(first), offsetInBlock(last) + 1);
  }
  const flags = new Uint16Array(ordinals.length);
  let index = 0;
  for (let position = 0; position < ordinals.length; position++) {
    const ordinal = ordinals[position] ?? 0;
    while (blocks[index] !== blockOf(ordinal)) index++;
    flags[position] = byBlock[index]?.[offsetInBlock(ordinal)] ?? 0;
  }
  return flags;
}

const blocksOfRun = (first: number, last: number): number[] =>
  Array.from({ length: blockOf(last) - blockOf(first) + 1 }, (_, index) => blockOf(first) + index);

function blocksOf(ordinals: Float64Array): number[] {
  const blocks: number[] = [];
  for (const ordinal of ordinals) {
    const block = blockOf(ordinal);
    if (blocks.at(-1) !== block) blocks.push(block);
  }
  return blocks;
}

/** Cuts the marked positions into chunks; smaller ones where somebody may not be in much company. */
function* splitChunks(
  marked: Uint16Array,
  chunkMembers: number,
  companyAt: ((position: number) => number) | undefined,
): Iterable<Uint16Array> {
  if (companyAt === undefined) {
    for (let from = 0; from < marked.length; from += chunkMembers) {
      yield marked.length <= chunkMembers ? marked : marked.slice(from, from + chunkMembers);
    }
    return;
  }
  let start = 0;
  let limit = chunkMembers;
  for (let index = 0; index < marked.length; index++) {
    const wanted = companyAt(marked[index] ?? 0);
    if (index > start && index - start >= Math.min(limit, wanted)) {
      yield marked.slice(start, index);
      start = index;
      limit = chunkMembers;
    }
    limit = Math.min(limit, wanted);
  }
  yield start === 0 ? marked : marked.slice(start);
}

/**
 * With how many others a member may stand in a request: ten times fewer with each try after the first, alone with the last, so that
 * one who spoils every request is the only one who runs out of tries. Where tries are not counted (keys) it is the same.
 */
function companyOf(code: number, { mode, maxDefiniteTries, maxAmbiguousTries }: TryRules): number {
  if (code === PENDING_FRESH) return Infinity; // nearly all members
  const ambiguous = ambiguousTries(code);
  const definite = definiteTries(code);
  const repeats = mode === 'keyed' ? MAX_AMBIGUOUS_TRIES : maxAmbiguousTries;
  return Math.min(
    ambiguous === 0 ? Infinity : 10 ** Math.max(0, repeats - ambiguous),
    definite === 0 ? Infinity : 10 ** Math.max(0, maxDefiniteTries - 1 - definite),
  );
}

async function makeChunk(
  tx: PushTx,
  image: BucketImage,
  positions: Uint16Array,
  { parentCodes }: BucketContext,
): Promise<MarkedChunk> {
  const { held } = image;
  const { columns, parent } = held.stream;
  const ordinals = pick(held.ordinals, positions);
  const rounds = new Uint8Array(positions.length);
  const isFirstRound = image.isUntouched && parent?.sharesReferences !== true;
  for (let index = isFirstRound ? positions.length : 0; index < positions.length; index++) {
    const position = positions[index] ?? 0;
    const parentRound = parent?.sharesReferences === true ? definiteTries(parentCodes?.[position] ?? 0) : 0;
    rounds[index] = parentRound + definiteTries(image.cells[position] ?? 0);
  }
  const recipients = columns.length === 0 ? {} : await tx.members.recipients(ordinals, columns);
  return { held, positions, ordinals, rounds, recipients };
}

/** The ordinals at ascending positions; all of them are the array itself, which nobody changes. */
function pick(ordinals: Float64Array, positions: Uint16Array): Float64Array {
  if (positions.length === ordinals.length) return ordinals;
  const picked = new Float64Array(positions.length);
  for (let index = 0; index < positions.length; index++) picked[index] = ordinals[positions[index] ?? 0] ?? 0;
  return picked;
}

/** Codes of members in another stream's ledger; 0 where it does not have them. */
async function codesIn(tx: PushTx, stream: PushStream & ParentStream, ordinals: Float64Array): Promise<Uint8Array> {
  const codes = new Uint8Array(ordinals.length);
  const campaignId: CampaignId = stream.campaignId;
  const from = ordinals[0] ?? 0;
  const until = (ordinals.at(-1) ?? 0) + 1;
  let position = 0;
  for (const bucket of await tx.audiences.bucketsTouching(stream.audienceId, from, until)) {
    const row = await tx.ledger.find({ campaignId, channel: stream.channel, bucket: bucket.bucket });
    for (; position < ordinals.length && (ordinals[position] ?? 0) < bucket.until; position++) {
      const place = positionOf(bucket, ordinals[position] ?? 0);
      if (place >= 0) codes[position] = row?.cells[place] ?? 0;
    }
  }
  return codes;
}
