import type { Phrase, Wording } from '../wording.js';

export const IMPORT_STATE_WORDS: Readonly<Record<string, Wording>> = {
  running: { en: 'running', 'zh-CN': '进行中' },
  done: { en: 'done', 'zh-CN': '已完成' },
  failed: { en: 'failed', 'zh-CN': '失败' },
};

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
  importDetails: {
    en:
      "Columns are recognised by their names (Shopify's customer export as it is), or given by --map; columns that the " +
      'file lacks stay as they are. A bad row stops nothing: it goes to the rejects file with line, column and reason. ' +
      'The same file again changes nothing, so an import that was broken off, by Ctrl-C too, is simply repeated.',
    'zh-CN':
      '按列名识别（可直接使用 Shopify 的客户导出），也可用 --map 指定；文件中没有的列保持不变。有问题的行不会中断导入，' +
      '会连同行号、列名、原因写入拒收文件。重复导入同一文件不会改变任何内容，中断（包括按 Ctrl-C）后重新执行即可。',
  },
  generate: { en: 'Generate realistic members for practice', 'zh-CN': '生成用于演练的会员' },
  imports: { en: 'How far imports and generations are', 'zh-CN': '查看导入和生成的进度' },
  importsDetails: {
    en: 'Those since the server started, newest first. One runs at a time.',
    'zh-CN': '服务器启动以来的任务，最新的在前。同一时间只运行一个。',
  },

  file: { en: 'CSV or NDJSON file (- is stdin)', 'zh-CN': 'CSV 或 NDJSON 文件（- 为标准输入）' },
  map: {
    en: 'a column of the file as COLUMN=field, or COLUMN=- to leave it out; repeatable',
    'zh-CN': '文件的列，写成 列名=字段，或 列名=- 表示忽略；可重复',
  },
  format: {
    en: 'csv or ndjson (by the name or the beginning of the file otherwise)',
    'zh-CN': 'csv 或 ndjson（默认按文件名或开头判断）',
  },
  encoding: { en: 'utf-8, gb18030 or utf-16le (utf-8 otherwise)', 'zh-CN': 'utf-8、gb18030 或 utf-16le（默认 utf-8）' },
  delimiter: {
    en: 'delimiter of CSV, "tab" for a tab (comma otherwise)',
    'zh-CN': 'CSV 分隔符，tab 表示制表符（默认逗号）',
  },
  region: {
    en: 'country of phone numbers without a country code, as CN (as configured otherwise)',
    'zh-CN': '没有国家码的电话所属国家，例如 CN（默认按配置）',
  },
  rejects: {
    en: 'file for rows that are refused (FILE.rejects.csv otherwise)',
    'zh-CN': '拒收行写入此文件（默认 FILE.rejects.csv）',
  },
  badDelimiter: { en: 'is one character, or tab.', 'zh-CN': '应为一个字符，或 tab。' },
  imported: {
    en: (rows: string, span: string, rate: string) => `${rows} rows in ${span} (${rate} rows/s).`,
    'zh-CN': (rows: string, span: string, rate: string) => `共 ${rows} 行，用时 ${span}（${rate} 行/秒）。`,
  } satisfies Phrase<[string, string, string]>,
  ignored: {
    en: (columns: string) => `Columns that nobody recognised were left out: ${columns}. Name them with --map.`,
    'zh-CN': (columns: string) => `未识别的列已忽略：${columns}。可用 --map 指定。`,
  } satisfies Phrase<[string]>,
  rejectsIn: {
    en: (count: string, file: string) => `Rows that were refused: ${count}. ${file} says why.`,
    'zh-CN': (count: string, file: string) => `拒收 ${count} 行，原因见 ${file}。`,
  } satisfies Phrase<[string, string]>,
  importStopped: {
    en: 'What was written stays. Run the same import again: it goes on where it matters.',
    'zh-CN': '已写入的内容保留。重新执行同样的导入即可继续。',
  },
  uploading: { en: 'import', 'zh-CN': '导入' },
  fieldCreated: { en: 'added', 'zh-CN': '新增' },
  fieldUpdated: { en: 'changed', 'zh-CN': '更新' },
  fieldUnchanged: { en: 'unchanged', 'zh-CN': '未变' },
  fieldRejected: { en: 'refused', 'zh-CN': '拒收' },
  fieldJob: { en: 'import', 'zh-CN': '任务' },
  fieldFormat: { en: 'format', 'zh-CN': '格式' },
  fieldState: { en: 'state', 'zh-CN': '状态' },
  fieldStarted: { en: 'started', 'zh-CN': '开始' },
  fieldRows: { en: 'rows', 'zh-CN': '行数' },

  generateDetails: {
    en:
      'The same for the same seed, in any folder: doing it again changes nothing, a larger number adds the rest. ' +
      'Addresses are made up and lead nowhere. Ctrl-C stops watching only: the server goes on to the end.',
    'zh-CN':
      '种子相同则结果相同：重复执行不会改变任何内容，数量变大则补足其余。联系方式均为虚构。按 Ctrl-C 只停止观察，服务器会继续生成到底。',
  },
  generateCount: { en: 'how many members there are to be', 'zh-CN': '会员总数' },
  seed: { en: 'seed of the population (1 otherwise)', 'zh-CN': '种子（默认 1）' },
  generating: { en: 'generate', 'zh-CN': '生成' },
  generationGoesOn: {
    en: 'No longer watching; the server goes on generating. See how far it is: fanfare members imports',
    'zh-CN': '已停止观察，服务器会继续生成。查看进度：fanfare members imports',
  },

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
