import * as z from 'zod';
import { secretRefSchema } from '../../settings/secret.js';
import { DAY_MS } from '../../core/time.js';

/** The answers a vendor's own codes and statuses can be mapped to; `notSent` is ours alone. */
const answerKind = z.enum([
  'accepted',
  'throttled',
  'transient',
  'addressRefused',
  'messageRefused',
  'accountRefused',
  'ambiguous',
]);

const jsonPointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'not a JSON pointer (RFC 6901), as /results or /error/code');

/** Headers carry ASCII; values that are put in are percent-encoded beyond it. */
const asciiText = z.string().refine((text) => Buffer.byteLength(text) === text.length, 'holds characters beyond ASCII');

const codes = z.record(z.string(), answerKind);

const signature = z
  .strictObject({
    /** HMAC key. */
    secret: secretRefSchema,
    algorithm: z.enum(['sha256', 'sha512', 'sha1']).default('sha256'),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    /** What is signed: `timestamp` and `body` are put in. */
    content: z.string().includes('{{body}}').default('{{timestamp}}.{{body}}'),
    header: z.string().default('x-signature'),
    /** Written before the signature, as `v1=`. */
    prefix: z.string().default(''),
    timestampHeader: z.string().default('x-timestamp'),
    timestampUnit: z.enum(['s', 'ms']).default('s'),
  })
  .describe('Signs each request with an HMAC over timestamp and body.');

const requestAnswer = z.strictObject({
  /** Where the code stands in the answer's body. */
  code: jsonPointer,
  /** The vendor's code → our kind; numbers and booleans are compared as text. */
  codes,
  /** A code that is not listed. */
  otherwise: answerKind.default('ambiguous'),
  /** A 2xx with a JSON body but no code: vendors that put a code into errors only say `accepted`. */
  absent: z.enum(['ambiguous', 'accepted']).default('ambiguous'),
  text: jsonPointer.optional(),
  messageId: jsonPointer.optional(),
});

const memberAnswers = z.strictObject({
  /** The array with an entry per member. */
  list: jsonPointer,
  /** How entries find their members: by the reference they repeat, or by standing in the order of the request. */
  matchBy: z.enum(['reference', 'order']).default('reference'),
  reference: jsonPointer.default('/reference'),
  code: jsonPointer,
  codes,
  otherwise: answerKind.default('ambiguous'),
  /** A member without an entry: vendors that list only what they refused say `accepted`. */
  absent: z.enum(['ambiguous', 'accepted']).default('ambiguous'),
  text: jsonPointer.optional(),
  messageId: jsonPointer.optional(),
});

const answers = z.strictObject({
  /** HTTP status, or class as `5xx`, → kind; wins over the built-in table, which docs/PROVIDERS.md shows. */
  statuses: z
    .record(z.string().regex(/^[1-5](?:\d\d|xx)$/, 'not an HTTP status or class, as 503 or 5xx'), answerKind)
    .default({}),
  /** A code that speaks for the whole request. */
  request: requestAnswer.optional(),
  /** Answers per member of a batch. */
  members: memberAnswers.optional(),
  /** Whom a 429 speaks for: the account (the channel waits) or the one member asked about. */
  throttleSpeaksFor: z.enum(['account', 'member']).default('account'),
});

/** Any vendor that takes JSON over HTTP: one request per member, or one per batch. */
export const httpProviderSchema = z
  .strictObject({
    kind: z.literal('http'),
    /** http(s); after the host it may hold fields, as the rest does. */
    url: z.string().regex(/^https?:\/\/[^\s/?#{}@]+(?:[/?#]\S*)?$/i, 'not an http(s) URL with a fixed host'),
    method: z.enum(['POST', 'PUT']).default('POST'),
    headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a header name'), asciiText).default({}),
    /** Secrets that url, headers and body name as `{{secret.NAME}}`. */
    secrets: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), secretRefSchema).default({}),
    signature: signature.optional(),
    /** The body: any JSON, its strings are templates. With `batch` one string is `{{items}}`. */
    body: z.json(),
    batch: z
      .strictObject({
        /** Members a request takes, 1 to 1,000. */
        maxMembers: z.int().min(1).max(1_000),
        /** What stands in the array for each member. */
        item: z.json(),
      })
      .optional(),
    /**
     * Milliseconds the vendor remembers the reference of a member and answers a repeat without sending; give it only
     * when the vendor's manual does. Makes the keyed mode available.
     */
    keyLifeMs: z
      .int()
      .min(60_000)
      .max(90 * DAY_MS)
      .optional(),
    answers: answers.prefault({}),
    connections: z.int().min(1).max(1_000).default(16),
    connectTimeoutMs: z.int().min(100).max(60_000).default(5_000),
    headersTimeoutMs: z.int().min(100).max(600_000).default(15_000),
    bodyTimeoutMs: z.int().min(100).max(600_000).default(15_000),
    /** An idle connection is closed after this; keep it under the vendor's own limit. */
    keepAliveMs: z.int().min(0).max(600_000).default(4_000),
    maxRequestBytes: z
      .int()
      .min(1_024)
      .max(64 * 1_048_576)
      .default(4 * 1_048_576),
    maxResponseBytes: z
      .int()
      .min(1_024)
      .max(64 * 1_048_576)
      .default(4 * 1_048_576),
    /** Certificates (PEM) to trust instead of the system's. */
    ca: z.strictObject({ file: z.string().min(1) }).optional(),
  })
  .superRefine((config, context) => {
    if (config.batch === undefined && config.answers.members !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['answers', 'members'],
        message: 'is for batches; with one request per member use answers.request',
      });
    }
  });

export type HttpProviderConfig = z.output<typeof httpProviderSchema>;
export type HttpAnswersConfig = HttpProviderConfig['answers'];
