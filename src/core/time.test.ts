import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, addMs, epochMs, formatInstant, parseInstant } from './time.js';

const YEAR_1_MS = Date.UTC(2000, 0, 1) - 730_119 * DAY_MS; // 0001-01-01
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const anyInstant = fc.integer({ min: YEAR_1_MS, max: LAST_MS }).map(epochMs);

describe('parseInstant', () => {
  it('reads back every instant that formatInstant writes', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
    );
  });

  it('means the same instant whatever the offset it is written in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: LAST_MS - DAY_MS }).map(epochMs),
        fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 }),
        (instant, offsetMinutes) => {
          const local = formatInstant(addMs(instant, offsetMinutes * 60_000)).slice(0, -1);
          const size = Math.abs(offsetMinutes);
          const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0')).join(':');
          expect(parseInstant(`${local}${offsetMinutes < 0 ? '-' : '+'}${digits}`)).toBe(instant);
        },
      ),
    );
  });

  it.each([
    ['2027-06-18T20:00:00+08:00', Date.UTC(2027, 5, 18, 12)],
    ['2027-06-18t12:00:00.5z', Date.UTC(2027, 5, 18, 12, 0, 0, 500)],
    ['2027-06-18 12:00Z', Date.UTC(2027, 5, 18, 12)],
    ['2027-06-18T12:00:00.123999999Z', Date.UTC(2027, 5, 18, 12, 0, 0, 123)],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2000-02-29T00:00:00.001Z', Date.UTC(2000, 1, 29, 0, 0, 0, 1)],
    ['2027-12-31T23:59:59.999Z', Date.UTC(2027, 11, 31, 23, 59, 59, 999)],
    ['2027-06-18T12:00:00-00:00', Date.UTC(2027, 5, 18, 12)],
  ])('reads %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    '',
    '2027-06-18',
    '2027-06-18T12:00:00',
    '2027-02-29T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-04-31T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-00-01T00:00:00Z',
    '2027-01-00T00:00:00Z',
    '2027-01-01T24:00:00Z',
    '2027-01-01T24:00:01Z',
    '2027-01-01T12:60:00Z',
    '2027-01-01T12:00:60Z',
    '2027-01-01T12:00:0xZ',
    '2027-01-01T12:00:00.0x0Z',
    '2027/01/01T12:00:00Z',
    '2100-02-29T00:00:00Z',
    '2027-01-01T12:00:00+24:00',
    '2027-01-01T12:00:00+08:60',
    '2027-01-01T12:00:00+0800',
    '27-01-01T12:00:00Z',
    '2027-01-01T12:00:00Z ',
    '1798761600000',
    'tomorrow',
  ])('refuses "%s"', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

it('adds spans to instants', () => {
  expect(formatInstant(addMs(epochMs(0), DAY_MS + HOUR_MS + 1))).toBe('1970-01-02T01:00:00.001Z');
  expect(formatInstant(addMs(epochMs(0), -1))).toBe('1969-12-31T23:59:59.999Z');
});
