/** Settings of the API that members' own apps and pages call. */
import * as z from 'zod';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/time.js';
import { secretRefSchema } from '../settings/secret.js';

/** Of key pairs: whoever can check a token cannot make one. */
const PAIR_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;

const isSafeUrl = (text: string): boolean => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
};

const isOrigin = (text: string): boolean => {
  try {
    const { origin, protocol } = new URL(text);
    return origin === text && (protocol === 'https:' || protocol === 'http:');
  } catch {
    return false;
  }
};

const algorithms = z
  .array(z.enum(PAIR_ALGORITHMS))
  .min(1)
  .default([...PAIR_ALGORITHMS]);

export const memberApiSchema = z.strictObject({
  /** Where the keys are that tokens are checked by. */
  keys: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('jwksUrl'),
      url: z.url({ protocol: /^https?$/ }).refine(isSafeUrl, 'must be https, or on this machine'),
      algorithms,
    }),
    z.strictObject({ kind: z.literal('jwksFile'), file: z.string().min(1), algorithms }),
    /** HS256 by a secret of at least 32 bytes that the shop's server shares. */
    z.strictObject({ kind: z.literal('secret'), secret: secretRefSchema }),
  ]),
  /** `iss` of every token. */
  issuer: z.string().min(1),
  /** `aud` of every token, or one of them. */
  audience: z.string().min(1),
  /** Longest time from `iat` to `exp`. */
  maxLifetimeMs: z
    .int()
    .min(SECOND_MS)
    .max(24 * HOUR_MS)
    .default(15 * MINUTE_MS),
  /** How far the shop's clock may be from ours. */
  clockSkewMs: z
    .int()
    .min(0)
    .max(5 * MINUTE_MS)
    .default(30 * SECOND_MS),
  /** Pages that may call from a browser: `https://shop.example`. */
  allowedOrigins: z.array(z.string().refine(isOrigin, 'must be an origin, such as https://shop.example')).default([]),
  requestsPerMinute: z.int().min(1).max(100_000).default(120),
});

export type MemberApiConfig = z.output<typeof memberApiSchema>;
