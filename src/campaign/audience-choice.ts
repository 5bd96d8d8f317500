import { DomainError } from '../core/errors.js';
import type { AudienceId, MemberId } from '../core/ids.js';
import type { MemberFilter } from '../core/member-filter.js';
import type { Store } from '../core/ports/store.js';
import type { EpochMs } from '../core/time.js';
import { canonicalFilter } from '../membership/filter-canonical.js';
import { filterToJson } from '../membership/filter-json.js';
import type { BucketMembers } from '../ledger/bucket-members.js';
import type { AudienceDefinition } from './audience.js';
import type { AudienceRepository } from './audience-repository.js';
import { OrdinalPacker } from './bucket-packer.js';
import type { CampaignMembers } from './campaign-members.js';

/** Who a person chooses to tell. */
export type AudienceChoice =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'filter'; readonly filter: MemberFilter }
  /** Up to `MAX_LISTED_MEMBERS`; each counts once. */
  | { readonly kind: 'list'; readonly memberIds: readonly MemberId[] };

export const MAX_LISTED_MEMBERS = 100_000;
const LIST_SLICE_MEMBERS = 1_000;
const NAMED_UNKNOWN_IDS = 5;

/** A choice that was looked up: what a transaction needs to keep it. */
export interface PreparedAudience {
  readonly definition: AudienceDefinition;
  /** Those of a list, frozen already. */
  readonly buckets: readonly BucketMembers[];
}

/** Everybody and filters need no look-up: they are frozen at launch. */
export function prepareOpenAudience(choice: Exclude<AudienceChoice, { readonly kind: 'list' }>): PreparedAudience {
  if (choice.kind === 'everybody' || choice.filter.kind === 'everybody') {
    return { definition: { kind: 'everybody' }, buckets: [] };
  }
  return { definition: { kind: 'filter', filter: filterToJson(canonicalFilter(choice.filter)) }, buckets: [] };
}

/**
 * Looks up who is meant, in slices and outside any transaction.
 * @throws DomainError `INVALID_INPUT` for a list that is empty, too long or holds an unknown id (the first few are named).
 */
export async function prepareAudience(
  store: Pick<Store<{ readonly members: CampaignMembers }>, 'read'>,
  choice: AudienceChoice,
): Promise<PreparedAudience> {
  if (choice.kind !== 'list') return prepareOpenAudience(choice);
  const memberIds = [...new Set(choice.memberIds)];
  if (memberIds.length === 0 || memberIds.length > MAX_LISTED_MEMBERS) {
    throw new DomainError(
      'INVALID_INPUT',
      `A list names 1 to ${MAX_LISTED_MEMBERS} members, not ${memberIds.length}; use a filter for more.`,
      { field: 'audience.memberIds', memberCount: memberIds.length, maxMembers: MAX_LISTED_MEMBERS },
    );
  }
  const ordinals = await findOrdinals(store, memberIds);
  const packer = new OrdinalPacker();
  const buckets = [...packer.push(ordinals), ...packer.flush()];
  return { definition: { kind: 'list', memberCount: ordinals.length }, buckets };
}

async function findOrdinals(
  store: Pick<Store<{ readonly members: CampaignMembers }>, 'read'>,
  memberIds: readonly MemberId[],
): Promise<Float64Array> {
  const found: number[] = [];
  const unknown: MemberId[] = [];
  for (let start = 0; start < memberIds.length; start += LIST_SLICE_MEMBERS) {
    const slice = memberIds.slice(start, start + LIST_SLICE_MEMBERS);
    const ordinals = await store.read((tx) => tx.members.findOrdinals(slice), { isBulk: true });
    slice.forEach((memberId, index) => {
      const ordinal = ordinals[index];
      if (ordinal === undefined) unknown.push(memberId);
      else found.push(ordinal);
    });
  }
  if (unknown.length > 0) throw unknownMembers(unknown);
  return Float64Array.from(found).sort();
}

function unknownMembers(unknown: readonly MemberId[]): DomainError {
  const named = unknown.slice(0, NAMED_UNKNOWN_IDS);
  const more = unknown.length > named.length ? ` and ${unknown.length - named.length} more` : '';
  return new DomainError(
    'INVALID_INPUT',
    `The list names ${unknown.length} unknown ${unknown.length === 1 ? 'member' : 'members'}: ${named.join(', ')}${more}; import them first or leave them out.`,
    { field: 'audience.memberIds', unknownCount: unknown.length, unknown: named },
  );
}

/** Keeps a prepared audience; a list is frozen with it. */
export async function insertAudience(
  tx: { readonly audiences: AudienceRepository },
  audienceId: AudienceId,
  { audience, now }: { readonly audience: PreparedAudience; readonly now: EpochMs },
): Promise<void> {
  const { definition, buckets } = audience;
  await tx.audiences.insert(audienceId, definition);
  if (definition.kind !== 'list') return;
  await tx.audiences.append(audienceId, { firstBucket: 0, buckets, cursor: buckets.at(-1)?.until ?? 0 });
  await tx.audiences.markFrozen(audienceId, now);
}
