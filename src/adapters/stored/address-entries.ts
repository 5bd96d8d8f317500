/**
 * Entries of the index that finds members by address: one integer per address, a 21-bit hash above the 32-bit ordinal.
 * At ten million members a look-up meets about ten candidates, which are verified against the profile.
 */
import type { AddressQuery } from '../../membership/member-repository.js';

/** The addresses of a member that are indexed. */
export interface Addresses {
  readonly ordinal: number;
  readonly email: string | null;
  readonly phone: string | null;
  readonly pushToken: string | null;
}

/** New members from which on a load counts as one in bulk. */
export const BULK_MEMBERS = 50;

/** An e-mail address, a phone number, a push token. */
export const ADDRESSES_OF_MEMBER = 3;

const ORDINALS = 2 ** 32;
const HASHES = 2 ** 21;

/** The entries that members with this address can have: [from, until). */
export function entriesOfAddress({ kind, address }: AddressQuery): { readonly from: number; readonly until: number } {
  const from = hashOf(kind, address) * ORDINALS;
  return { from, until: from + ORDINALS };
}

export const ordinalOfEntry = (entry: number): number => entry % ORDINALS;

export function entriesOf({ ordinal, email, phone, pushToken }: Addresses): number[] {
  const ids: number[] = [];
  if (email !== null) ids.push(hashOf('email', email) * ORDINALS + ordinal);
  if (phone !== null) ids.push(hashOf('phone', phone) * ORDINALS + ordinal);
  if (pushToken !== null) ids.push(hashOf('pushToken', pushToken) * ORDINALS + ordinal);
  return ids;
}

/** FNV-1a over UTF-16 code units, folded to 21 bits: spread is all that is asked of it. */
function hashOf(kind: AddressQuery['kind'], address: string): number {
  let hash = SEED[kind];
  for (let index = 0; index < address.length; index++) hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 15;
  return ((hash >>> 21) ^ hash) & (HASHES - 1);
}

const SEED: Readonly<Record<AddressQuery['kind'], number>> = {
  email: 0x811c9dc5,
  phone: 0x3c2b1a09,
  pushToken: 0x5d0f6e77,
};
