import type { FolderFacts } from '../../core/folder-facts.js';
import type { IdAllocator } from '../../core/id-allocator.js';
import type { Clock } from '../../core/ports/clock.js';
import type { MemberRepository } from '../../membership/member-repository.js';
import { createFolderFacts } from './folder-facts.js';
import { createMysqlMemberRepository } from './member-repository.js';
import type { MysqlSession } from './session.js';

/** Everything a transaction over MySQL offers; use cases see the part they declare. */
export interface MysqlTx {
  readonly ids: IdAllocator;
  readonly facts: FolderFacts;
  readonly members: MemberRepository;
}

interface MysqlTxParts {
  readonly clock: Clock;
  readonly ids: IdAllocator;
}

/** The repositories over one session: made for each transaction, they hold nothing but it. */
export function createMysqlTx(session: MysqlSession, { ids }: MysqlTxParts): MysqlTx {
  return {
    ids,
    facts: createFolderFacts(session),
    members: createMysqlMemberRepository(session),
  };
}
