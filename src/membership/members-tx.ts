import type { IdAllocator } from '../core/id-allocator.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { MemberRepository } from './member-repository.js';
import type { SubjectHasher } from './suppression.js';

/** The part of a transaction that membership uses. */
export interface MembersTx {
  readonly ids: IdAllocator;
  readonly members: MemberRepository;
}

export interface MembershipDeps {
  readonly store: Store<MembersTx>;
  readonly clock: Clock;
  /** Keyed by the folder's own secret; suppressions are found under the same key only. */
  readonly hashSubject: SubjectHasher;
}
