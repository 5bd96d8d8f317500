import fc from 'fast-check';
import { CHANNELS, type Channel } from '../../src/core/channels.js';
import { epochMs } from '../../src/core/time.js';
import type { ConsentRecord } from '../../src/membership/consent.js';
import type { MemberFields } from '../../src/membership/member.js';
import { SAMPLE } from './filter-arbitrary.js';

const instant = fc.integer({ min: 1_790_000_000_000, max: 1_790_000_100_000 }).map(epochMs);

export const anyConsentRecord: fc.Arbitrary<ConsentRecord> = fc
  .tuple(
    fc.constantFrom('granted', 'denied', 'unset'),
    fc.option(instant),
    fc.option(fc.constantFrom('web', 'till; "x"', '店')),
  )
  .map(([state, at, source]) => ({ state, at: state === 'denied' ? (at ?? epochMs(1_790_000_000_000)) : at, source }));

const anyConsent = fc
  .array(fc.tuple(fc.constantFrom<Channel>(...CHANNELS), anyConsentRecord), { maxLength: 4 })
  .map((entries): MemberFields['consent'] =>
    Object.fromEntries(entries.sort(([left], [right]) => CHANNELS.indexOf(left) - CHANNELS.indexOf(right))),
  );

const anyAttributes = fc
  .array(fc.tuple(fc.constantFrom(...SAMPLE.attributeKeys), fc.constantFrom(...SAMPLE.attributeValues)), {
    maxLength: 3,
  })
  .map((entries) => Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1))));

/** Any member that the parts of a store must be able to keep. Addresses come from a small pool, so they collide. */
export const anyMemberFields: fc.Arbitrary<MemberFields> = fc
  .record({
    name: fc.option(fc.constantFrom('李伟', 'Ada', "O'Neil", '"quoted"')),
    level: fc.integer({ min: 0, max: 6 }),
    points: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    activeDays: fc.integer({ min: 0, max: 30 }),
    lastActiveAt: fc.option(instant),
    tags: fc.uniqueArray(fc.constantFrom(...SAMPLE.tags)).map((tags) => tags.sort()),
    timeZone: fc.option(fc.constantFrom(...SAMPLE.timeZones)),
    locale: fc.option(fc.constantFrom(...SAMPLE.locales)),
    email: fc.option(fc.integer({ min: 0, max: 20 }).map((number) => `person${number}@example.com`)),
    phone: fc.option(fc.integer({ min: 0, max: 20 }).map((number) => `+1555010${String(number).padStart(4, '0')}`)),
    push: fc.option(
      fc.tuple(
        fc.integer({ min: 0, max: 20 }).map((number) => `token-${number}`),
        fc.constantFrom('ios', 'web'),
      ),
    ),
    consent: anyConsent,
    attributes: anyAttributes,
  })
  .map(({ push, ...fields }) => ({ ...fields, pushToken: push?.[0] ?? null, pushPlatform: push?.[1] ?? null }));
