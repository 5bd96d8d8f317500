/** What is wrong with a value on the command line; the option's name stands in front. */
import type { Wording } from '../wording.js';

const nearestHint = (nearest: string | undefined): Wording =>
  nearest === undefined
    ? { en: '', 'zh-CN': '' }
    : { en: ` Did you mean ${nearest}?`, 'zh-CN': `是否想写 ${nearest}？` };

export const PARSE_TEXT = {
  missing: { en: 'is missing.', 'zh-CN': '必须填写。' },
  twice: { en: 'is given more than once.', 'zh-CN': '重复出现。' },
  empty: { en: 'is empty.', 'zh-CN': '不能为空。' },
  wholeNumber: (value: string, min: number, max: number): Wording => ({
    en: `must be a whole number from ${min} to ${max}, not "${value}".`,
    'zh-CN': `应为 ${min} 到 ${max} 的整数，不能是“${value}”。`,
  }),
  number: (value: string, min: number, max: number): Wording => ({
    en: `must be a number from ${min} to ${max}, not "${value}".`,
    'zh-CN': `应为 ${min} 到 ${max} 的数，不能是“${value}”。`,
  }),
  unknownChoice: (value: string, known: readonly string[], nearest: string | undefined): Wording => ({
    en: `does not know "${value}".${nearestHint(nearest).en} Known: ${known.join(', ')}.`,
    'zh-CN': `不认识“${value}”。${nearestHint(nearest)['zh-CN']}可用：${known.join('、')}。`,
  }),
  assignment: (value: string): Wording => ({
    en: `is written NAME=VALUE, not "${value}".`,
    'zh-CN': `应写成 名称=值，不能是“${value}”。`,
  }),
  instant: (value: string): Wording => ({
    en: `is a time such as 2027-06-01T00:00:00+08:00, "2027-06-01 00:00" (of this machine), now, +90m, +2h or +7d, not "${value}".`,
    'zh-CN': `应为时间，例如 2027-06-01T00:00:00+08:00、"2027-06-01 00:00"（本机时区）、now、+90m、+2h 或 +7d，不能是“${value}”。`,
  }),
  amount: (value: string): Wording => ({
    en: `is an amount such as 300 or 12.50, not "${value}".`,
    'zh-CN': `应为金额，例如 300 或 12.50，不能是“${value}”。`,
  }),
  amountDigits: (value: string, currency: string, digits: number): Wording => ({
    en: `${value} has more decimals than ${currency}, which has ${digits}.`,
    'zh-CN': `${value} 的小数位超过 ${currency} 的 ${digits} 位。`,
  }),
  tiers: (value: string): Wording => ({
    en: `is written SPEND:OFF with commas between tiers, as 300:40,500:80, not "${value}".`,
    'zh-CN': `应写成 满额:减额，多档用逗号隔开，例如 300:40,500:80，不能是“${value}”。`,
  }),
  percent: (value: string): Wording => ({
    en: `is what is taken off in percent, as 20 or 12.5, not "${value}".`,
    'zh-CN': `应为减去的百分比，例如 20 或 12.5（八折写 20），不能是“${value}”。`,
  }),
  gifts: (value: string): Wording => ({
    en: `is written PRODUCT or PRODUCT:QUANTITY with commas between them, not "${value}".`,
    'zh-CN': `应写成 商品编号 或 商品编号:数量，用逗号隔开，不能是“${value}”。`,
  }),
} as const;
