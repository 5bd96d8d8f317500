/**
 * Who of a bucket may be sent to, as a look-up: a member's 16 flags are an index into a table that was filled once by
 * the rule below. 0 = send; any other value is the code of the reason why not.
 */
import { channelIndex, consentBit, contactBit, FLAG_VALUES, suppressedBit, type Channel } from '../core/channels.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import type { SuppressedCode } from '../ledger/cell-moves.js';

export const SEND = 0;
/** In a choice of policy `first`: no channel can reach the member. */
export const NO_CHANNEL = 255;

/** The rule, in the order in which reasons are given. Flags 0: an existing member always has the inbox's contact bit. */
export function decideFlags(flags: number, channel: Channel): typeof SEND | SuppressedCode {
  if (flags === 0) return OUTCOME_CODES.suppressedErased;
  if ((flags & suppressedBit(channel)) !== 0) return OUTCOME_CODES.suppressedByList;
  if ((flags & contactBit(channel)) === 0) return OUTCOME_CODES.suppressedNoContactPoint;
  if ((flags & consentBit(channel)) === 0) return OUTCOME_CODES.suppressedNoConsent;
  return SEND;
}

const tables = new Map<Channel, Uint8Array>();

/** `decideFlags` for every value of the flags; built once per channel, 64 KiB. */
export function decisionTable(channel: Channel): Uint8Array {
  let table = tables.get(channel);
  if (table === undefined) {
    table = Uint8Array.from({ length: FLAG_VALUES }, (_, flags) => decideFlags(flags, channel));
    tables.set(channel, table);
  }
  return table;
}

/** Policy `first`, once the member's channel is chosen: the others tell why not, or that she is covered. */
export function decideByChoice(byFlags: number, chosen: number, channel: number): number {
  if (chosen === channel) return byFlags;
  return chosen === NO_CHANNEL && byFlags !== SEND ? byFlags : OUTCOME_CODES.suppressedCovered;
}

/** Policy `first`: index of the first channel in order that can reach a member of these flags, or NO_CHANNEL. */
export function chooseChannel(flags: number, order: readonly Channel[]): number {
  const channel = order.find((candidate) => decideFlags(flags, candidate) === SEND);
  return channel === undefined ? NO_CHANNEL : channelIndex(channel);
}
