import type { Phrase, Wording } from '../wording.js';

export const MEMBER_TEXT = {
  group: {
    en: 'Members: import, generate, count, look up, change, erase',
    'zh-CN': '会员：导入、生成、统计、查询、修改、删除',
  },
  list: { en: 'List members, in the order of their numbers', 'zh-CN': '按序号列出会员' },
  show: { en: 'Show a member', 'zh-CN': '查看会员' },
  showDetails: {
    en: 'Addresses are shown in full: whoever may read members may read them.',
    'zh-CN': '联系方式完整显示：有权查看会员者即可查看。',
  },
  set: { en: 'Add a member, or say more about one', 'zh-CN': '新增会员，或补充资料' },
  setDetails: {
    en:
      'What is not named stays. Consent merges by its time; without one it counts as said now, and never lifts an ' +
      'explicit refusal. --clear takes a value away.',
    'zh-CN': '没有写的内容保持不变。同意按时间合并；不写时间视为现在，且不会解除明确的拒绝。--clear 清除某项。',
  },
  suppress: { en: 'Close channels for a member, or for an address', 'zh-CN': '对会员或联系方式停止发送' },
  suppressDetails: {
    en:
      'For a member it covers the member and the address of each channel, whoever else has it, and outlives erasure. ' +
      'For an address: --email, --phone or --push-token, whoever has it, now or later.',
    'zh-CN':
      '对会员：涵盖会员本人及各渠道的联系方式（无论还有谁使用），删除后依然有效。对联系方式：用 --email、--phone 或 --push-token，无论现在或将来谁使用。',
  },
  unsuppress: { en: 'Open channels again that were closed', 'zh-CN': '恢复已停止的渠道' },
  erase: { en: 'Erase a member: nothing of the person is left', 'zh-CN': '删除会员：不留任何个人资料' },
  eraseDetails: {
    en: 'In campaigns the member counts as suppressed (erased). Suppressions stay, by keyed hash.',
    'zh-CN': '在活动中计为不发（已删除）。停发记录以加密散列保留。',
  },
  count: { en: 'Count members', 'zh-CN': '统计会员人数' },
  countDetails: { en: 'Exact, also over millions.', 'zh-CN': '结果准确，千万级也是。' },
  range: { en: 'First and last number of the members that match', 'zh-CN': '符合条件的会员的首末序号' },
  sample: { en: 'Draw members at random', 'zh-CN': '随机抽取会员' },
  import: { en: 'Import members from CSV or NDJSON', 'zh-CN': '从 CSV 或 NDJSON 导入会员' },
  generate: { en: 'Generate realistic members for practice', 'zh-CN': '生成用于演练的会员' },

  size: { en: 'how many, 1 to 100 (10 otherwise)', 'zh-CN': '人数，1 到 100（默认 10）' },
  name: { en: 'name', 'zh-CN': '姓名' },
  level: { en: 'level, 0 to 255', 'zh-CN': '等级，0 到 255' },
  points: { en: 'points', 'zh-CN': '积分' },
  activeDays: { en: 'days active in the last 30', 'zh-CN': '近 30 天活跃天数' },
  lastActive: { en: 'when last active', 'zh-CN': '最近活跃时间' },
  tags: { en: 'tags with commas, in place of the present ones', 'zh-CN': '标签，用逗号隔开，替换现有标签' },
  timeZone: { en: 'IANA time zone, as Asia/Shanghai', 'zh-CN': 'IANA 时区，例如 Asia/Shanghai' },
  locale: { en: 'language, as zh-CN', 'zh-CN': '语言，例如 zh-CN' },
  email: { en: 'e-mail address', 'zh-CN': '邮箱' },
  phone: { en: 'phone number', 'zh-CN': '电话' },
  pushToken: { en: 'push token', 'zh-CN': '推送令牌' },
  pushPlatform: { en: 'platform of the push token', 'zh-CN': '推送平台' },
  consent: {
    en: 'consent on a channel, as sms=granted; repeatable',
    'zh-CN': '某渠道的同意状态，例如 sms=granted；可重复',
  },
  consentAt: { en: 'when the consents were given', 'zh-CN': '同意的时间' },
  consentSource: { en: 'where the consents were given, as "checkout"', 'zh-CN': '同意的来源，例如 "checkout"' },
  attribute: {
    en: 'attribute as KEY=VALUE, VALUE as JSON or text; repeatable',
    'zh-CN': '属性 键=值，值为 JSON 或文本；可重复',
  },
  clear: {
    en: 'fields to take away, with commas, as email,phone',
    'zh-CN': '要清除的字段，用逗号隔开，例如 email,phone',
  },
  only: { en: 'refuse to add a member that is not there', 'zh-CN': '会员不存在时拒绝新增' },
  channels: { en: 'channels with commas (all otherwise)', 'zh-CN': '渠道，用逗号隔开（默认全部）' },
  reason: { en: 'why, without personal data', 'zh-CN': '原因，不含个人资料' },
  addressEmail: { en: 'whoever has this e-mail address', 'zh-CN': '使用此邮箱的任何人' },
  addressPhone: { en: 'whoever has this phone number', 'zh-CN': '使用此电话的任何人' },
  addressPushToken: { en: 'whoever has this push token', 'zh-CN': '使用此推送令牌的任何人' },
  optionalMember: { en: "the shop's own id of the member", 'zh-CN': '会员编号（商家自己的）' },

  oneSubject: {
    en: 'Name one member, or one address by --email, --phone or --push-token.',
    'zh-CN': '请写一个会员编号，或用 --email、--phone、--push-token 写一个联系方式。',
  },
  nothingToSet: { en: 'Say something about the member: see the options.', 'zh-CN': '请写明要设置的内容，见选项说明。' },
  consentAlone: {
    en: '--consent-at and --consent-source go with --consent.',
    'zh-CN': '--consent-at、--consent-source 须与 --consent 合用。',
  },
  eraseCannotBeUndone: {
    en: 'Erasing cannot be undone: everything that is known of the member is removed.',
    'zh-CN': '删除无法撤销：该会员的所有资料都会被清除。',
  },
  added: {
    en: (id: string) => `Member ${id} is added.`,
    'zh-CN': (id: string) => `会员 ${id} 已新增。`,
  } satisfies Phrase<[string]>,
  changed: {
    en: (id: string) => `Member ${id} is up to date.`,
    'zh-CN': (id: string) => `会员 ${id} 已更新。`,
  } satisfies Phrase<[string]>,
  erased: {
    en: (id: string) => `Member ${id} is erased.`,
    'zh-CN': (id: string) => `会员 ${id} 已删除。`,
  } satisfies Phrase<[string]>,
  closed: {
    en: (channels: string) => `Closed: ${channels}.`,
    'zh-CN': (channels: string) => `已停发：${channels}。`,
  } satisfies Phrase<[string]>,
  opened: {
    en: (channels: string) => `No longer closed by this: ${channels}.`,
    'zh-CN': (channels: string) => `已解除：${channels}。`,
  } satisfies Phrase<[string]>,
  concerns: {
    en: (count: string) => `${count} members have this address now.`,
    'zh-CN': (count: string) => `现有 ${count} 名会员使用此联系方式。`,
  } satisfies Phrase<[string]>,
  counted: {
    en: (count: string) => `${count} members`,
    'zh-CN': (count: string) => `${count} 名会员`,
  } satisfies Phrase<[string]>,
  drawn: {
    en: (count: string) => `Drawn from ${count} members.`,
    'zh-CN': (count: string) => `从 ${count} 名会员中抽取。`,
  } satisfies Phrase<[string]>,

  fieldMember: { en: 'member', 'zh-CN': '会员' },
  fieldOrdinal: { en: 'number', 'zh-CN': '序号' },
  fieldName: { en: 'name', 'zh-CN': '姓名' },
  fieldLevel: { en: 'level', 'zh-CN': '等级' },
  fieldPoints: { en: 'points', 'zh-CN': '积分' },
  fieldActiveDays: { en: 'active days', 'zh-CN': '活跃天数' },
  fieldLastActive: { en: 'last active', 'zh-CN': '最近活跃' },
  fieldTags: { en: 'tags', 'zh-CN': '标签' },
  fieldTimeZone: { en: 'time zone', 'zh-CN': '时区' },
  fieldLocale: { en: 'language', 'zh-CN': '语言' },
  fieldEmail: { en: 'e-mail', 'zh-CN': '邮箱' },
  fieldPhone: { en: 'phone', 'zh-CN': '电话' },
  fieldPush: { en: 'push token', 'zh-CN': '推送令牌' },
  fieldConsent: { en: 'consent', 'zh-CN': '同意' },
  fieldSuppressed: { en: 'suppressed', 'zh-CN': '停发' },
  fieldReachable: { en: 'reachable by', 'zh-CN': '可联系' },
  fieldAttributes: { en: 'attributes', 'zh-CN': '属性' },
  fieldFirst: { en: 'first number', 'zh-CN': '首序号' },
  fieldLast: { en: 'last number', 'zh-CN': '末序号' },
  fieldMembers: { en: 'members', 'zh-CN': '人数' },
} as const;

export const CONSENT_WORDS: Readonly<Record<string, Wording>> = {
  granted: { en: 'granted', 'zh-CN': '同意' },
  denied: { en: 'denied', 'zh-CN': '拒绝' },
  unset: { en: 'unset', 'zh-CN': '未表态' },
};
