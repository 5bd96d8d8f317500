/** Values as people read them. Pure; the machine's time zone is an argument. */
import type { Language } from '../core/language.js';
import { epochMs, parseInstant, type EpochMs } from '../core/time.js';

/** `1,234,567`; the same in both languages. */
export const formatCount = (count: number): string => COUNTS.format(count);
const COUNTS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** `2027-06-01 00:00:00 +08:00`, in the machine's zone or another. What is no instant is shown as it is, none as a dash. */
export function formatTime(text: string | null, timeZone?: string): string {
  const instant = text === null ? undefined : parseInstant(text);
  if (instant === undefined) return text ?? '—';
  const parts = Object.fromEntries(
    timeFormat(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const offset = parts['timeZoneName']?.replace('GMT', '') ?? '';
  const { year = '', month = '', day = '', hour = '', minute = '', second = '' } = parts;
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offset === '' ? '+00:00' : offset}`;
}

const timeFormat = (timeZone: string | undefined): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-CA', {
    ...(timeZone === undefined ? {} : { timeZone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });

/** `1 d 2 h`, `3 min 5 s`, `0.4 s`: the two largest units. */
export function formatDuration(durationMs: number, language: Language = 'en'): string {
  if (durationMs < 10_000) return `${(durationMs / 1_000).toFixed(1)} ${UNITS[language].s}`;
  const seconds = Math.round(durationMs / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), UNITS[language].d],
    [Math.floor(seconds / 3_600) % 24, UNITS[language].h],
    [Math.floor(seconds / 60) % 60, UNITS[language].min],
    [seconds % 60, UNITS[language].s],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

const UNITS = {
  en: { d: 'd', h: 'h', min: 'min', s: 's' },
  'zh-CN': { d: '天', h: '小时', min: '分', s: '秒' },
} as const satisfies Record<Language, unknown>;

/** `12.3 MiB`. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, sizeBytes < 1 ? 0 : Math.floor(Math.log2(sizeBytes) / 10));
  return `${(sizeBytes / 1_024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}

/** Digits behind the point of a currency's amounts: 2 for CNY, 0 for JPY. */
export const minorDigits = (currency: string): number => {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // a code that only the server can judge
  }
};

/** `12.50 CNY` of `1250` minor units. */
export function formatAmount(amountMinor: string | number | bigint, currency: string): string {
  const digits = minorDigits(currency);
  const text = String(amountMinor).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits).replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`} ${currency}`;
}

/** `12.3 %`; never 100 % before the last one, never 0 % after the first. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '—';
  const share = (part / whole) * 100;
  if (part > 0 && share < 0.1) return '< 0.1 %';
  if (part < whole && share > 99.9) return '> 99.9 %';
  return `${share.toFixed(share === 0 || share === 100 ? 0 : 1)} %`;
}

/** Reads a time that a person typed: RFC 3339, the machine's own wall time, `now`, or a span from now. */
export function readTime(text: string, now: EpochMs): EpochMs | undefined {
  const span = /^\+(\d{1,6})(m|min|h|d)$/.exec(text);
  if (span !== null) return epochMs(now + Number(span[1]) * (SPAN_MS[span[2] ?? ''] ?? 0));
  if (text === 'now') return now;
  const wall = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  return wall === null ? parseInstant(text) : readWallTime(wall.slice(1).map(Number));
}

const SPAN_MS: Readonly<Record<string, number>> = { m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function readWallTime(parts: readonly number[]): EpochMs | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number.isNaN(part) ? 0 : part,
  );
  const date = new Date(year, month - 1, day, hour, minute, second);
  const isDay = date.getMonth() === month - 1 && date.getDate() === day;
  const isDayAlone = Number.isNaN(parts[3]);
  const isTime = date.getHours() === hour && date.getMinutes() === minute && second <= 59; // clocks may leap over it
  const isThere = isDay && (isTime || isDayAlone);
  return isThere ? epochMs(date.getTime()) : undefined;
}
