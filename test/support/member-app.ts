/** A shop that signs tokens for its members, and a gate that lets them in. */
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JSONWebKeySet, type JWTPayload } from 'jose';
import { createLocalJWKSet } from 'jose';
import { MemberRate } from '../../src/access/member-rate.js';
import { MemberTokens } from '../../src/access/member-tokens.js';
import type { Clock } from '../../src/core/ports/clock.js';
import type { MemberGate } from '../../src/http/member-gate.js';

export const SHOP_ORIGIN = 'https://shop.example';
export const TOKEN_RULES = {
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  issuer: 'https://shop.example/',
  audience: 'fanfare',
  maxLifetimeMs: 900_000,
  clockSkewMs: 30_000,
} as const;

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly jwks: JSONWebKeySet;
}

export async function signingKey(kid = 'k1', algorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  return { kid, algorithm, privateKey, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: algorithm }] } };
}

export interface TokenOptions {
  readonly claims?: JWTPayload;
  /** Claims that are left out. */
  readonly without?: readonly string[];
  readonly kid?: string;
}

/** A token of five minutes for a member; any of it can be made wrong. */
export function memberToken(
  { privateKey, kid, algorithm }: SigningKey,
  clock: Pick<Clock, 'now'>,
  member: string,
  options: TokenOptions = {},
): Promise<string> {
  const iat = Math.floor(clock.now() / 1_000);
  const { issuer: iss, audience: aud } = TOKEN_RULES;
  const claims = { sub: member, iss, aud, iat, exp: iat + 300, ...options.claims };
  const left = Object.fromEntries(Object.entries(claims).filter(([name]) => options.without?.includes(name) !== true));
  return new SignJWT(left).setProtectedHeader({ alg: algorithm, kid: options.kid ?? kid }).sign(privateKey);
}

export const memberGate = (
  clock: Clock,
  { jwks }: Pick<SigningKey, 'jwks'>,
  requestsPerMinute = 1_000,
): MemberGate => ({
  tokens: new MemberTokens({ clock, rules: TOKEN_RULES, keyOf: createLocalJWKSet(jwks) }),
  rate: new MemberRate({ clock, requestsPerMinute }),
  allowedOrigins: [SHOP_ORIGIN],
});
