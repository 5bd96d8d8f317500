/** What is said to and by a claimant process, a line of JSON each. */
import { z } from 'zod';

export const claimantOrderSchema = z.object({
  /** Its keys begin with it, and its choices follow from it. */
  name: z.string(),
  /** The first `members` of the cluster claim each of these. */
  coupons: z.array(z.object({ couponId: z.int(), members: z.int() })),
  callers: z.int(),
});
export type ClaimantOrder = z.output<typeof claimantOrderSchema>;

export const commandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('claim'), urls: z.array(z.string()) }),
  z.object({ kind: z.literal('stop') }),
]);
export type ClaimantCommand = z.output<typeof commandSchema>;

export const claimantLineSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('granted'), key: z.string(), mark: z.string() }),
  /** Since the last such line. */
  z.object({ kind: z.literal('answered'), claims: z.int() }),
  z.object({
    kind: z.literal('ended'),
    claims: z.int(),
    /** Calls beyond the first of each claim. */
    repeats: z.int(),
    outcomes: z.record(z.string(), z.int()),
  }),
]);
export type ClaimantLine = z.output<typeof claimantLineSchema>;
