/**
 * What a moody vendor can be told to do, and what it writes down. Both sides of its control port read this page; the
 * vendor itself knows nothing else of Fanfare but how a reference names a member.
 */
import { z } from 'zod';

/** What happens to one request, or one mail. `delivers`: the vendor takes the message before it goes wrong. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accept') }),
  /** Every seventh member's address is refused, the others accepted. */
  z.object({ kind: z.literal('refuseSome') }),
  z.object({
    kind: z.literal('throttle'),
    retryAfterMs: z.int().min(1_000),
    as: z.enum(['seconds', 'date']),
  }),
  z.object({
    kind: z.literal('status'),
    status: z.int(),
    delivers: z.boolean(),
    retryAfterMs: z.int().min(1_000).optional(),
    /** Only requests with one of those in them whom `refuseSome` refuses; the others are accepted. */
    some: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('reset'), delivers: z.boolean() }),
  z.object({ kind: z.literal('hang'), delivers: z.boolean() }),
  /** Half of the answer that was announced, then the end of the connection. */
  z.object({ kind: z.literal('half'), delivers: z.boolean() }),
  /** 200 with a body that is no answer. */
  z.object({ kind: z.literal('nonsense'), delivers: z.boolean() }),
  /** The right answer, a byte at a time. */
  z.object({ kind: z.literal('drip'), everyMs: z.int().min(0) }),
  /** SMTP: a reply instead of the usual one at a stage; `ordinal % 7 === 3` only where `some`. */
  z.object({
    kind: z.literal('smtp'),
    stage: z.enum(['greeting', 'sender', 'recipient', 'dot']),
    code: z.int(),
    text: z.string(),
    some: z.boolean().default(false),
  }),
]);
export type VendorFault = z.output<typeof faultSchema>;

export const commandSchema = z.discriminatedUnion('kind', [
  /** The next `requests` on a path meet the fault, those after them are accepted. Null: until told otherwise. */
  z.object({
    kind: z.literal('script'),
    path: z.string(),
    fault: faultSchema,
    requests: z.int().min(0).nullable(),
    latencyMs: z.int().min(0).default(0),
  }),
  /** Requests over HTTP are taken and wait for their answers, until `release`. */
  z.object({ kind: z.literal('hold') }),
  z.object({ kind: z.literal('release') }),
  /** Nobody listens any more, open connections are cut. */
  z.object({ kind: z.literal('down') }),
  z.object({ kind: z.literal('up') }),
  /** Everything logged so far is in the file when this is answered. */
  z.object({ kind: z.literal('flush') }),
]);
export type VendorCommand = z.input<typeof commandSchema>;

export const MARKS = ['delivered', 'repeated', 'refused', 'notDelivered'] as const;
export type MemberMark = (typeof MARKS)[number];

/** One request as the vendor saw it; a line of JSON each. */
export const seenRequestSchema = z.object({
  /** CLOCK_MONOTONIC when the request was there as a whole: comparable between the processes of a machine. */
  atMs: z.number(),
  connection: z.int(),
  /** HTTP path; of mail the name before the @ of its sender. */
  path: z.string(),
  fault: faultSchema,
  /** When the vendor wrote its answer; undefined where it wrote none. */
  answeredAtMs: z.number().optional(),
  members: z.array(
    z.tuple([
      z.int().describe('campaign, 0 where unknown'),
      z.int().describe('ordinal'),
      z.int().describe('round, 0 where unknown'),
      z.enum(MARKS),
    ]),
  ),
});
export type SeenRequest = z.output<typeof seenRequestSchema>;

export const readySchema = z.object({ httpPort: z.int(), smtpPort: z.int(), controlPort: z.int() });

/** What the vendor says when it has obeyed. */
export const obeyedSchema = z.object({ heldRequests: z.int() });

/** Members whose addresses `refuseSome` refuses. */
export const isRefusedAddress = (ordinal: number): boolean => ordinal % 7 === 3;
