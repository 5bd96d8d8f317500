import type { Brand } from './brand.js';

/** UTC milliseconds since 1970: the only instant type in core. */
export type EpochMs = Brand<number, 'EpochMs'>;

export const epochMs = (value: number): EpochMs => value as EpochMs; // the minting place of the brand

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const addMs = (instant: EpochMs, spanMs: number): EpochMs => epochMs(instant + spanMs);

/** RFC 3339 in UTC with milliseconds, as every instant leaves the system. */
export const formatInstant = (instant: EpochMs): string => new Date(instant).toISOString();

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 instant with its offset, or undefined: a time without an offset is no instant. */
export function parseInstant(text: string): EpochMs | undefined {
  return parsePlainInstant(text) ?? parseAnyInstant(text);
}

function parseAnyInstant(text: string): EpochMs | undefined {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  if (!isDayOfMonth(Number(year), Number(month), Number(day))) return undefined;
  const value = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(value) ? undefined : epochMs(value);
}

/**
 * The shape that programs write, `2026-11-11T00:00:00Z` with milliseconds or without: 0.1 µs, where the way for all
 * shapes takes 1. Undefined for everything else, right or wrong.
 */
function parsePlainInstant(text: string): EpochMs | undefined {
  const hasMs = text.length === PLAIN_MS_LENGTH;
  if (!hasMs && text.length !== PLAIN_LENGTH) return undefined;
  if (text.charAt(4) !== '-' || text.charAt(7) !== '-' || text.charAt(10) !== 'T') return undefined;
  if (text.charAt(13) !== ':' || text.charAt(16) !== ':' || !text.endsWith('Z')) return undefined;
  if (hasMs && text.charAt(19) !== '.') return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const ms = hasMs ? digits(text, 20, 3) : 0;
  // Comparisons with NaN are false: a part that is no number ends here too.
  const isPlain = year >= 100 && isDayOfMonth(year, month, day) && hour <= 23 && minute <= 59 && second <= 59;
  return isPlain && ms >= 0 ? epochMs(Date.UTC(year, month - 1, day, hour, minute, second, ms)) : undefined;
}

const PLAIN_LENGTH = '2026-11-11T00:00:00Z'.length;
const PLAIN_MS_LENGTH = '2026-11-11T00:00:00.000Z'.length;
const DIGIT_ZERO = 48;

/** The number that stands in `count` digits of the text; NaN where one is no digit. */
function digits(text: string, start: number, count: number): number {
  let number = 0;
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** False for the 30th of February, which the platform would take for the 2nd of March. */
const isDayOfMonth = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysOf(year, month));

const daysOf = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

/** True for a time zone that instants can be written in, such as Asia/Shanghai. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
