/**
 * A provider's answer as the books may take it: one known kind per member, a wait that is a time. A provider keeps to
 * this; one that does not must neither settle a member by mistake nor stop the channel.
 */
import { ANSWER_KINDS, type ChunkAnswer } from '../core/ports/provider.js';

/** The longest Retry-After that is believed; after it the vendor is asked, and may say so again. */
export const MAX_RETRY_AFTER_MS = 86_400_000;

const KINDS: ReadonlySet<unknown> = new Set(ANSWER_KINDS);

export function soundAnswer(answer: ChunkAnswer, memberCount: number): ChunkAnswer {
  const sound = { ...answer, retryAfterMs: soundWaitMs(answer.retryAfterMs) };
  const { kinds } = answer;
  if (typeof kinds === 'string') return KINDS.has(kinds) ? sound : nonsense(sound);
  // Answers of another number are of other members: nobody knows who got which.
  if (kinds.length !== memberCount) return nonsense(sound);
  if (kinds.every((kind) => KINDS.has(kind))) return sound;
  return { ...sound, kinds: kinds.map((kind) => (KINDS.has(kind) ? kind : 'ambiguous')) };
}

const nonsense = ({ kinds: _, ...answer }: ChunkAnswer): ChunkAnswer => ({
  ...answer,
  kinds: 'ambiguous',
  details: undefined,
  detail: { code: 'PROVIDER', text: 'The provider did not answer for each member.' },
});

/** Undefined where the vendor asks for no wait: one in the past, or no number. */
function soundWaitMs(waitMs: number | undefined): number | undefined {
  return waitMs !== undefined && waitMs > 0 ? Math.min(waitMs, MAX_RETRY_AFTER_MS) : undefined;
}
