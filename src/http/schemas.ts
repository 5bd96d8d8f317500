/** Values as they cross the HTTP edge. Input schemas turn text into core types; output schemas are plain JSON. */
import { z } from 'zod';
import { parseInstant, type EpochMs } from '../core/time.js';

/** RFC 3339 with an offset, such as 2027-06-01T00:00:00+08:00. */
export const instantInput = z
  .string()
  .max(40)
  .transform((text, context): EpochMs => {
    const instant = parseInstant(text);
    if (instant !== undefined) return instant;
    context.addIssue({
      code: 'custom',
      message: 'Write an RFC 3339 instant with its offset, such as 2027-06-01T00:00:00+08:00.',
    });
    return z.NEVER;
  })
  .meta({ format: 'date-time', description: 'RFC 3339 with an offset' });

export const instantOutput = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC' });

const MINOR_DIGITS = 'Write the amount in minor units, as digits.';

/** An amount in minor units (cents, fen): a string of digits, or an integer that JSON carries exactly. */
export const amountInput = z
  .union([z.string().regex(/^\d{1,16}$/, MINOR_DIGITS), z.int().nonnegative()], { error: MINOR_DIGITS })
  .transform((amount) => BigInt(amount))
  .describe('Minor units (cents, fen): a string of digits, or an integer');

export const amountOutput = z.string().regex(/^\d+$/).describe('Minor units (cents, fen) as a string of digits');

export const idOutput = z.int().positive();

/** A number in a URL: in digits, and in no other way of writing it. */
const fromDigits = (text: unknown): unknown =>
  typeof text === 'string' && /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
const IN_DIGITS = 'Write a whole number in digits.';

/** An id in a path. */
export const idParameter = z.preprocess(
  fromDigits,
  z.int({ error: IN_DIGITS }).positive().max(Number.MAX_SAFE_INTEGER),
);

export const limitQuery = z
  .preprocess(fromDigits, z.int({ error: IN_DIGITS }).min(1).max(200))
  .default(50)
  .describe('Items of a page, 1 to 200');
export const cursorQuery = z.string().min(1).max(1_000).optional().describe('nextCursor of the page before');

export const nextCursorOutput = z.string().nullable().describe('Cursor of the next page; null on the last one');

/** Schema of a page of items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: nextCursorOutput });
