import type { EpochMs } from '../time.js';
import type { RecipientColumn, RecipientsJson } from './provider.js';

/** What views over the books need to know of members. */
export interface MemberLookup {
  /** -1 where there is no such member. */
  ordinalsOf(memberIds: readonly string[]): Promise<Float64Array>;
  /** Undefined where the member was erased. */
  memberIdsOf(ordinals: ArrayLike<number>): Promise<readonly (string | undefined)[]>;
  /** Columns in the order of `ordinals`, each the JSON text of an array; null where nobody is any more. */
  recipients(ordinals: ArrayLike<number>, columns: readonly RecipientColumn[]): Promise<RecipientsJson>;
}

/** When anything that a message can show of a member last changed. */
export interface MemberChanges {
  /** In the order asked; undefined where nobody is any more. */
  changedAtOf(ordinals: ArrayLike<number>): Promise<readonly (EpochMs | undefined)[]>;
}
