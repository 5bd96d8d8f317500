/**
 * A member made up from a seed and a number: realistic in its shares and in what goes with what (the higher the level,
 * the more points and activity), and obviously nobody: addresses under reserved domains, phone numbers in +1 555, an
 * area code that is given to no one, tokens that say `test`.
 */
import { CHANNELS, type Channel } from '../../core/channels.js';
import { memberId } from '../../core/ids.js';
import { DAY_MS, epochMs, type EpochMs } from '../../core/time.js';
import type { ConsentRecord } from '../consent.js';
import { packConsent } from '../consent-text.js';
import { memberFlags } from '../flags.js';
import type { PushPlatform } from '../member.js';
import { attributesText, tagsText } from '../member-row.js';
import { STATED, type MemberStatement } from '../statement.js';
import {
  CATEGORIES,
  CHINESE_GIVEN,
  CHINESE_SURNAMES,
  CHINESE_SURNAMES_LATIN,
  CONSENT_SOURCES,
  ENGLISH_FIRST,
  ENGLISH_LAST,
  MAIL_DOMAINS,
  PLACES,
} from './generated-words.js';
import { SeededDice } from './seeded-dice.js';

/** Shares of the levels 0 to 5. The two top levels are 2 %. */
export const LEVEL_SHARES = [0.45, 0.28, 0.16, 0.09, 0.015, 0.005] as const;
const POINTS_OF_LEVEL = [0, 200, 1_000, 4_000, 15_000, 60_000] as const;
const PLACE_SHARES = PLACES.map(({ share }) => share);

/** The day that generated members were last seen before; fixed, so that a seed always makes the same members. */
const AS_OF = epochMs(Date.UTC(2026, 10, 1));
const EVERY_FIELD = Object.values(STATED).reduce((bits, bit) => bits | bit, 0);
const PHONE_NUMBERS = 10_000_000;

/** Number `number` (from 0) of the population of `seed`. Phone numbers repeat after ten million. */
export function generatedMember(seed: number, number: number): MemberStatement {
  const dice = new SeededDice(seed, number);
  const place = PLACES[dice.pickShare(PLACE_SHARES)] ?? PLACES[0];
  const { name, latin } = place.locale.startsWith('zh') ? chineseName(dice) : englishName(dice);
  const level = dice.pickShare(LEVEL_SHARES);
  const activeDays = activity(dice, level);
  const email = dice.isLuckyBy(0.78) ? `${latin}.${seed}.${number}@${dice.pick(MAIL_DOMAINS)}` : null;
  const phone = dice.isLuckyBy(0.92) ? `+1555${phoneDigits(seed, number)}` : null;
  const push = dice.isLuckyBy(0.35 + 0.1 * level) ? pushOf(dice, place.locale) : null;
  const category = dice.pick(CATEGORIES);
  const consent = consentOf(dice, { sms: phone !== null, email: email !== null, app: push !== null });
  return {
    present: EVERY_FIELD,
    row: {
      memberId: memberId(`gen-${seed}-${String(number).padStart(8, '0')}`),
      name,
      level,
      points: Math.floor((POINTS_OF_LEVEL[level] ?? 0) * (1 + dice.next()) + 199 * dice.next() ** 3),
      activeDays,
      lastActiveAt: lastActive(dice, activeDays),
      timeZone: place.timeZone,
      locale: place.locale,
      email,
      phone,
      pushToken: push?.token ?? null,
      pushPlatform: push?.platform ?? null,
      consent: packConsent(consent),
      tags: tagsText(tagsOf(dice, { level, activeDays, hasApp: push !== null, category })),
      attributes: attributesText({ birthMonth: 1 + dice.below(12), category, city: place.city }),
      flags: memberFlags({ consent, email, phone, pushToken: push?.token ?? null }, 0),
    },
  };
}

function chineseName(dice: SeededDice): { readonly name: string; readonly latin: string } {
  const index = dice.below(CHINESE_SURNAMES.length);
  return {
    name: (CHINESE_SURNAMES[index] ?? '王') + dice.pick(CHINESE_GIVEN),
    latin: CHINESE_SURNAMES_LATIN[index] ?? 'wang',
  };
}

function englishName(dice: SeededDice): { readonly name: string; readonly latin: string } {
  const first = dice.pick(ENGLISH_FIRST);
  return { name: `${first} ${dice.pick(ENGLISH_LAST)}`, latin: first.toLowerCase() };
}

/** Half of the lowest level was not there this month; the top is there most days. */
function activity(dice: SeededDice, level: number): number {
  if (dice.isLuckyBy(0.5 - 0.08 * level)) return 0;
  return Math.min(30, Math.floor(1 + (dice.next() ** 2 * 14 + level * 3) * (0.5 + dice.next())));
}

function lastActive(dice: SeededDice, activeDays: number): EpochMs {
  const daysAgo = activeDays > 0 ? dice.next() * (30 / activeDays) : 30 + dice.next() ** 2 * 500;
  return epochMs(AS_OF - Math.floor(daysAgo * DAY_MS));
}

/** Different for the first ten million numbers of a seed: the factor shares no divisor with ten million. */
const phoneDigits = (seed: number, number: number): string =>
  String((number * 7_919 + seed * 104_729) % PHONE_NUMBERS).padStart(7, '0');

const CHINESE_PLATFORMS = ['ios', 'ios', 'android', 'huawei', 'huawei', 'honor', 'xiaomi', 'oppo', 'vivo'] as const;
const OTHER_PLATFORMS = ['ios', 'ios', 'android', 'android', 'web'] as const;

function pushOf(dice: SeededDice, locale: string): { readonly token: string; readonly platform: PushPlatform } {
  const hex = (): string =>
    Math.floor(dice.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return {
    platform: locale === 'zh-CN' ? dice.pick(CHINESE_PLATFORMS) : dice.pick(OTHER_PLATFORMS),
    token: `test-${hex()}${hex()}${hex()}${hex()}`,
  };
}

/** Shares of granted and denied among those who can be asked: who has no address was mostly not asked. */
const CONSENT_SHARES: Readonly<Record<Exclude<Channel, 'inbox'>, readonly [granted: number, denied: number]>> = {
  sms: [0.7, 0.1],
  email: [0.62, 0.12],
  app: [0.78, 0.05],
};

function consentOf(
  dice: SeededDice,
  has: Readonly<Record<Exclude<Channel, 'inbox'>, boolean>>,
): Partial<Record<Channel, ConsentRecord>> {
  const consent: Partial<Record<Channel, ConsentRecord>> = {};
  const said = (state: 'granted' | 'denied'): ConsentRecord => ({
    state,
    at: epochMs(AS_OF - DAY_MS * (1 + dice.below(1_000))),
    source: dice.pick(CONSENT_SOURCES),
  });
  for (const channel of CHANNELS) {
    const luck = dice.next();
    if (channel === 'inbox') {
      if (luck < 0.01) consent.inbox = said('denied');
      continue;
    }
    if (!has[channel]) continue;
    const [granted, denied] = CONSENT_SHARES[channel];
    if (luck < granted) consent[channel] = said('granted');
    else if (luck < granted + denied) consent[channel] = said('denied');
  }
  return consent;
}

function tagsOf(
  dice: SeededDice,
  {
    level,
    activeDays,
    hasApp,
    category,
  }: { readonly level: number; readonly activeDays: number; readonly hasApp: boolean; readonly category: string },
): readonly string[] {
  const tags: string[] = [];
  if (hasApp) tags.push('app');
  if (activeDays === 0 && dice.isLuckyBy(0.4)) tags.push('churn-risk');
  if (dice.isLuckyBy(0.15)) tags.push('coupon-hunter');
  if (dice.isLuckyBy(0.3)) tags.push(category);
  if (level === 0 && dice.isLuckyBy(0.1)) tags.push('new');
  if (level >= 4) tags.push('vip');
  return tags.sort();
}
