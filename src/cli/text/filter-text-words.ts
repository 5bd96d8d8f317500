/** Refusals of filters in Chinese, one sentence a reason; the English ones are the refusals' own. */
import type { FilterReason } from '../../membership/filter-refusal.js';
import type { ExpectedPiece } from '../../membership/filter-text.js';

type Values = Readonly<Record<string, unknown>>;

/** The whole sentence with its place; undefined where the refusal gives a reason that is not known here. */
export function chineseFilterRefusal(values: Values): string | undefined {
  const remedy = REMEDIES[values['reason'] as FilterReason] as ((values: Values) => string) | undefined; // of any server
  return remedy === undefined ? undefined : `${placeOf(values)}：${remedy(values)}`;
}

function placeOf({ position, path }: Values): string {
  if (typeof position === 'number') return `筛选条件在第 ${position} 个字符处有误`;
  return typeof path === 'string' ? `筛选条件在 ${path} 处有误` : '筛选条件有误';
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.map(String).join('、') : String(value));
const quoted = (value: unknown): string => `“${shown(value)}”`;
const nearest = (values: Values): string =>
  typeof values['nearest'] === 'string' ? `是否想写 ${values['nearest']}？` : '';
const known = (values: Values): string => `可用：${shown(values['known'])}。`;

const EXPECTED: Readonly<Record<ExpectedPiece, string>> = {
  joinOrEnd: ' and、or，或者结束',
  condition: '字段、not、has( 或 (',
  test: ' =、!=、<、<=、>、>=、in 或 between',
  wordTest: ' in 或 between',
  name: '名称',
  value: '值',
  and: ' and',
  '(': ' (',
  ')': ' )',
};

const REMEDIES: Readonly<Record<FilterReason, (values: Values) => string>> = {
  tooLong: ({ limit }) => `最多 ${shown(limit)} 个字符。`,
  tooDeep: ({ limit }) => `嵌套超过 ${shown(limit)} 层，请减少嵌套。`,
  tooManyConditions: ({ limit }) => `条件超过 ${shown(limit)} 个，请改用列表。`,
  tooManyValues: ({ listLimit, limit }) =>
    `值太多（每个列表最多 ${shown(listLimit)} 个，总共最多 ${shown(limit)} 个），请改为给这些会员打标签。`,
  strayCharacter: ({ found }) => `${quoted(found)} 在筛选条件中没有意义；文本请加引号。`,
  openQuote: ({ found }) => `引号 ${shown(found)} 没有闭合。`,
  unexpected: ({ found, expected }) =>
    `${found === null ? '筛选条件在这里结束' : `这里是${quoted(found)}`}，需要的是${EXPECTED[expected as ExpectedPiece]}。`,
  unquotedText: ({ found }) => `这里需要一个值；文本请加引号：'${shown(found)}'。`,
  unknownChannel: (values) => `has() 里不认识这个词。${nearest(values)}${known(values)}`,
  unknownField: (values) => `会员没有字段${quoted(values['field'])}。${nearest(values)}${known(values)}`,
  attributeKey: ({ limit }) => `属性名应为 1 到 ${shown(limit)} 个字符，不含引号和反斜杠。`,
  emptyList: () => '列表是空的，请至少给一个值。',
  notBoolean: ({ field }) => `${shown(field)} 只能是 true 或 false；省略表示 true。`,
  notWhole: ({ field }) => `${shown(field)} 应与整数比较。`,
  unknownState: (values) => `${shown(values['field'])} 没有这个状态。${nearest(values)}${known(values)}`,
  unknownCoupon: ({ couponId }) => `没有编号为 ${shown(couponId)} 的优惠券。`,
  notInstant: ({ field }) => `${shown(field)} 应与带时差的时间比较，例如 '2026-11-11T00:00:00+08:00'。`,
  notText: ({ field, limit }) => `${shown(field)} 应与 1 到 ${shown(limit)} 个字符的文本比较。`,
  notScalar: ({ field, limit }) => `${shown(field)} 应与数字、true、false 或不超过 ${shown(limit)} 个字符的文本比较。`,
  twoBounds: ({ field }) => `${shown(field)} 在同一侧有两个界限，请只留一个。`,
  boundsOfTwoTypes: ({ field }) => `${shown(field)} 的两个界限类型不同，请用两个数字或两个文本。`,
  noOrder: ({ field }) => `${shown(field)} 不能比较大小，请用等于（= 或 equals）或 in。`,
  noOrderOfBooleans: ({ field }) => `${shown(field)} 的 true 和 false 不能比较大小，请用等于（= 或 equals）。`,
  noTest: (values) => `${shown(values['field'])} 没有写如何比较。${known(values)}`,
  severalTests: () => '有不止一种比较，请只用 equals、in 或界限之一。',
  notObject: () => '这里应为一个对象。',
  emptyFilter: (values) => `这里是空的。${known(values)}`,
  unknownKey: (values) => `不认识${quoted(values['key'])}。${nearest(values)}${known(values)}`,
  notFilters: () => '这里应为至少含一个条件的列表。',
  everybodyNotTrue: () => 'everybody 只能是 true，或者不写。',
  fieldNotText: () => 'field 应为文本。',
  valuesNotList: () => 'in 的值应为列表。',
};
