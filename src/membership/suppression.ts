import { createHmac } from 'node:crypto';
import type { Channel } from '../core/channels.js';
import type { EpochMs } from '../core/time.js';
import type { ChannelMask } from './flags.js';

/**
 * Who must not be told, kept apart from members so that it outlives their erasure: by a keyed hash, so that the list
 * names nobody to whom the key is unknown. A suppression is on an address (whoever has it, now or later) or on a
 * member's own key, and covers some channels or all.
 */
export type SuppressionSubject =
  | { readonly kind: 'member'; readonly memberId: string }
  | { readonly kind: 'email'; readonly address: string }
  | { readonly kind: 'phone'; readonly address: string }
  | { readonly kind: 'pushToken'; readonly address: string };

export interface Suppression {
  readonly subjectHash: Uint8Array;
  readonly channels: ChannelMask;
  /** Last change. */
  readonly changedAt: EpochMs;
  /** The last reason given, for people; no personal data. */
  readonly reason: string;
}

/** HMAC-SHA256 of a subject, cut to 16 bytes. */
export type SubjectHasher = (subject: SuppressionSubject) => Uint8Array;

export const SUBJECT_HASH_BYTES = 16;

/** `key` is the store's secret of at least 16 bytes: with another key no suppression is found any more. */
export function subjectHasher(key: Uint8Array): SubjectHasher {
  return (subject) =>
    createHmac('sha256', key).update(subjectText(subject), 'utf8').digest().subarray(0, SUBJECT_HASH_BYTES);
}

const subjectText = (subject: SuppressionSubject): string =>
  subject.kind === 'member' ? `member\0${subject.memberId}` : `${subject.kind}\0${subject.address}`;

interface Addressed {
  readonly memberId: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly pushToken: string | null;
}

/** All subjects under which a member can be suppressed: the member itself and each address. */
export function subjectsOf(member: Addressed): readonly SuppressionSubject[] {
  const subjects: SuppressionSubject[] = [{ kind: 'member', memberId: member.memberId }];
  if (member.email !== null) subjects.push({ kind: 'email', address: member.email });
  if (member.phone !== null) subjects.push({ kind: 'phone', address: member.phone });
  if (member.pushToken !== null) subjects.push({ kind: 'pushToken', address: member.pushToken });
  return subjects;
}

/** The subject that a channel's address is; undefined where the member has none (the inbox's is the member). */
export function subjectOfChannel(member: Addressed, channel: Channel): SuppressionSubject | undefined {
  if (channel === 'inbox') return { kind: 'member', memberId: member.memberId };
  if (channel === 'email') return member.email === null ? undefined : { kind: 'email', address: member.email };
  if (channel === 'sms') return member.phone === null ? undefined : { kind: 'phone', address: member.phone };
  return member.pushToken === null ? undefined : { kind: 'pushToken', address: member.pushToken };
}
