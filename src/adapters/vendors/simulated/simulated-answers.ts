import type { AnswerKind } from '../../../core/ports/provider.js';
import type { SimulatedProviderConfig } from '../../../push/config/simulated-provider-config.js';

/** Kinds that a simulated vendor gives to single members; the others speak for the whole request. */
const MEMBER_KINDS = ['transient', 'addressRefused', 'messageRefused', 'ambiguous'] as const;
const REQUEST_KINDS = ['throttled', 'accountRefused'] as const;

/** What is asked: the same try of the same member is answered the same in every run. */
export interface Asked {
  readonly ordinal: number;
  readonly round: number;
  /** How often this round was answered ambiguously before, or the request that it begins was refused as a whole. */
  readonly repeat: number;
}

/**
 * Answer to a member, from seed and try alone. A member whose answer was lost once is `accepted` when asked again
 * under the same key, as a vendor that had taken the message says.
 */
export function simulatedKind(config: SimulatedProviderConfig, asked: Asked): AnswerKind {
  if (asked.repeat > 0) return 'accepted';
  return pick(config, MEMBER_KINDS, chance(config.seed, asked, 1)) ?? 'accepted';
}

/**
 * Answer to a whole request, by its first member; undefined when its members are answered one by one. It is drawn anew
 * when the request comes again, else no member behind the first refusal would ever be told.
 */
export function simulatedRequestKind(config: SimulatedProviderConfig, first: Asked): AnswerKind | undefined {
  return pick(config, REQUEST_KINDS, chance(config.seed, first, 2));
}

export function simulatedLatencyMs(config: SimulatedProviderConfig, first: Asked): number {
  return config.latencyMs + config.jitterMs * chance(config.seed, first, 3);
}

function pick<Kind extends keyof SimulatedProviderConfig['answers']>(
  config: SimulatedProviderConfig,
  kinds: readonly Kind[],
  at: number,
): Kind | undefined {
  let end = 0;
  return kinds.find((kind) => at < (end += config.answers[kind]));
}

/** Uniform in [0, 1), by mixing as MurmurHash3 finishes: every bit of the input moves every bit of the result. */
function chance(seed: number, { ordinal, round, repeat }: Asked, salt: number): number {
  let hash = mix(seed ^ Math.imul(salt, 0x9e37_79b9));
  hash = mix(hash ^ (ordinal >>> 0));
  hash = mix(hash ^ Math.floor(ordinal / 2 ** 32));
  hash = mix(hash ^ Math.imul(round + 1, 0x85eb_ca6b));
  if (repeat > 0) hash = mix(hash ^ Math.imul(repeat, 0xc2b2_ae35));
  return hash / 2 ** 32;
}

function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
