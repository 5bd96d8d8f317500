/**
 * Who a member is, by a short-lived token (JWT, RFC 7519) that the shop signs: `sub` is the memberId and nothing else
 * says who asks. Checked by RFC 8725: the algorithms are ours to choose and never the token's; `iss`, `aud`, `sub`, `iat`
 * and `exp` must be there; a token that lives longer than allowed is refused whatever it says.
 */
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { DomainError } from '../core/errors.js';
import type { MemberId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import { readMemberId } from '../membership/read-member.js';

export const TOKEN_REFUSALS = [
  'missing',
  'malformed',
  'algorithm',
  'unknownKey',
  'signature',
  'expired',
  'notYetValid',
  'tooLongLived',
  'issuer',
  'audience',
  'claims',
] as const;
export type TokenRefusal = (typeof TOKEN_REFUSALS)[number];

export interface TokenRules {
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  readonly maxLifetimeMs: number;
  readonly clockSkewMs: number;
}

export interface MemberTokensDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly rules: TokenRules;
  /** The key that a token names. */
  readonly keyOf: JWTVerifyGetKey;
}

export class MemberTokens {
  constructor(private readonly deps: MemberTokensDeps) {}

  /**
   * The member that a token speaks for.
   * @throws DomainError `MEMBER_TOKEN_REFUSED` with a reason; `TOKEN_KEYS_UNAVAILABLE` while no keys can be had.
   */
  async memberOf(token: string): Promise<MemberId> {
    const { clock, rules, keyOf } = this.deps;
    const now = clock.now();
    const skewSeconds = Math.floor(rules.clockSkewMs / 1_000);
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        algorithms: [...rules.algorithms],
        issuer: rules.issuer,
        audience: rules.audience,
        clockTolerance: skewSeconds,
        currentDate: new Date(now),
        requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
      });
      checkTimes(payload, { now, rules });
      return readSubject(payload);
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

function checkTimes(
  { iat = 0, exp = Infinity }: JWTPayload,
  { now, rules }: { readonly now: number; readonly rules: TokenRules },
): void {
  if (iat * 1_000 > now + rules.clockSkewMs) throw refused('notYetValid');
  if ((exp - iat) * 1_000 > rules.maxLifetimeMs) throw refused('tooLongLived');
}

function readSubject({ sub }: JWTPayload): MemberId {
  try {
    const member = readMemberId(sub);
    if (member === sub) return member;
  } catch {
    // no memberId at all
  }
  throw refused('claims');
}

function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refused('expired');
  if (error instanceof errors.JWTClaimValidationFailed) return refused(REASON_OF_CLAIM.get(error.claim) ?? 'claims');
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('algorithm');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return refused('unknownKey');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('signature');
  if (error instanceof errors.JOSEError || error instanceof TypeError) return refused('malformed');
  return error; // one of ours
}

const REASON_OF_CLAIM: ReadonlyMap<string, TokenRefusal> = new Map([
  ['nbf', 'notYetValid'],
  ['iss', 'issuer'],
  ['aud', 'audience'],
]);

/** What was wrong is told: the caller is the shop's own app, and a reason helps no forger. */
export const refused = (reason: TokenRefusal): DomainError =>
  new DomainError(
    'MEMBER_TOKEN_REFUSED',
    `The member's token is refused (${reason}); get a new one from the shop and send it as "Authorization: Bearer".`,
    { reason },
  );
