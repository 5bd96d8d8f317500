import type { MemberId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import type { Store } from '../core/ports/store.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import { requireMember } from './find-member.js';
import { channelMask } from './flags.js';
import { toMember, type StoredMember } from './member-row.js';
import type { MembershipDeps, MembersTx } from './members-tx.js';
import { subjectOfChannel, type SubjectHasher, type SuppressionSubject } from './suppression.js';

/** Vendors' answers can quote an address, so the ledger forgets them too. */
export interface EraseTx extends MembersTx {
  readonly ledger: Pick<LedgerRepository, 'forgetVendorWords'>;
}

export interface EraseDeps extends MembershipDeps {
  readonly store: Store<EraseTx>;
  /** Empties the store's log, in which what was deleted is still readable. */
  readonly emptyLog: () => Promise<void>;
}

/**
 * Takes a member out of the folder for good: rows, tags, index, vendors' words, and the log that held them. What stays is the number
 * (never given again) in frozen audiences and ledgers, and the suppression list by keyed hash. Channels that the
 * member had refused are entered there, so that a file which brings the person back does not lift the refusal.
 * Nothing of the person can be read from the store's files when this resolves; while something such as a backup reads
 * them for seconds on end, once that has ended.
 * @throws DomainError `NOT_FOUND`
 */
export async function eraseMember(deps: EraseDeps, command: { readonly memberId: MemberId }): Promise<void> {
  const erasedAt = deps.clock.now();
  await deps.store.transaction(async (tx) => {
    const member = await requireMember(tx, command);
    await keepRefusals(tx, member, { erasedAt, hashSubject: deps.hashSubject });
    await tx.members.remove([member]);
    await tx.ledger.forgetVendorWords(member.ordinal);
  });
  await deps.emptyLog();
}

async function keepRefusals(
  tx: MembersTx,
  member: StoredMember,
  { erasedAt, hashSubject }: { readonly erasedAt: EpochMs; readonly hashSubject: SubjectHasher },
): Promise<void> {
  const { consent } = toMember(member);
  const refused = CHANNELS.filter((channel) => consent[channel]?.state === 'denied');
  const entry = (subject: SuppressionSubject, channels: readonly Channel[]) => ({
    subjectHash: hashSubject(subject),
    add: channelMask(channels),
    remove: 0,
    changedAt: erasedAt,
    reason: 'refused before erasure',
  });
  const entries = refused.flatMap((channel) => {
    const subject = subjectOfChannel(member, channel);
    return subject === undefined || subject.kind === 'member' ? [] : [entry(subject, [channel])];
  });
  if (refused.length > 0) entries.push(entry({ kind: 'member', memberId: member.memberId }, refused));
  await tx.members.changeSuppressions(entries);
}
