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
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  if (!isDayOfMonth(Number(year), Number(month), Number(day))) return undefined;
  const value = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(value) ? undefined : epochMs(value);
}

/** False for the 30th of February, which the platform would take for the 2nd of March. */
const isDayOfMonth = (year: number, month: number, day: number): boolean =>
  day <= 28 || new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
