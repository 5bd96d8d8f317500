import type { Phrase, Wording } from '../wording.js';

export const PROMOTION_TEXT = {
  group: { en: 'Promotions: create, edit, list, show, end', 'zh-CN': '促销：创建、修改、列表、查看、结束' },
  create: { en: 'Create a promotion', 'zh-CN': '创建促销' },
  createDetails: {
    en:
      'One of --full-reduction, --direct-cut, --gift and --discount says what is reduced; amounts are in units of the ' +
      'currency. Without --seller, --categories or --products it holds in the whole shop. The same promotion again ' +
      'within 30 minutes has no second effect. With --announce it is told to members at once.',
    'zh-CN':
      '用 --full-reduction、--direct-cut、--gift、--discount 之一说明优惠，金额以货币单位（元）计。不写 --seller、--categories、' +
      '--products 时全店有效。30 分钟内重复提交相同的促销不会再次生效。加 --announce 会立即通知会员。',
  },
  edit: { en: 'Edit a promotion', 'zh-CN': '修改促销' },
  editDetails: {
    en: 'What is not named stays as it is. An edit announces nothing.',
    'zh-CN': '没有写的内容保持不变。修改不会发出任何通知。',
  },
  list: { en: 'List promotions, newest first', 'zh-CN': '列出促销，最新的在前' },
  show: { en: 'Show a promotion', 'zh-CN': '查看促销' },
  end: { en: 'End a promotion now', 'zh-CN': '立即结束促销' },

  name: { en: 'name, as members read it', 'zh-CN': '名称，会员会看到' },
  description: { en: 'description', 'zh-CN': '说明' },
  noDescription: { en: 'remove the description', 'zh-CN': '删除说明' },
  starts: { en: 'when it begins (now otherwise)', 'zh-CN': '开始时间（默认现在）' },
  newStarts: { en: 'when it begins', 'zh-CN': '开始时间' },
  ends: { en: 'when it ends: the first moment at which it no longer holds', 'zh-CN': '结束时间（从这一刻起不再有效）' },
  fullReduction: {
    en: 'spend and get off, as 300:40 or 300:40,500:80',
    'zh-CN': '满减，例如 300:40 或 300:40,500:80',
  },
  repeating: { en: 'with one tier: again for each further full threshold', 'zh-CN': '只有一档时：每满一次减一次' },
  directCut: { en: 'amount off each order', 'zh-CN': '每单立减金额' },
  gift: { en: 'products for nothing, as SKU-1 or SKU-1:2,SKU-2', 'zh-CN': '赠品，例如 SKU-1 或 SKU-1:2,SKU-2' },
  giftThreshold: { en: 'spend this to get the gift (0 otherwise)', 'zh-CN': '满多少送（默认 0）' },
  discount: { en: 'percent off: 20 takes a fifth off', 'zh-CN': '减去的百分比：八折写 20' },
  maxReduction: {
    en: 'with --discount: most that is taken off an order',
    'zh-CN': '与 --discount 合用：每单最多减多少',
  },
  currency: { en: 'ISO 4217 code of the amounts (CNY otherwise)', 'zh-CN': '货币代码 ISO 4217（默认 CNY）' },
  badCurrency: (value: string): Wording => ({
    en: `is a code of three letters such as CNY, not "${value}".`,
    'zh-CN': `应为三个字母的代码，例如 CNY，不能是“${value}”。`,
  }),
  seller: { en: 'holds for this seller only, by shop number', 'zh-CN': '只对该店铺编号有效' },
  categories: { en: 'holds for these categories only', 'zh-CN': '只对这些类目有效' },
  products: { en: 'holds for these products only', 'zh-CN': '只对这些商品有效' },
  announce: {
    en: 'tell members at once over these channels, in this order, as inbox,sms',
    'zh-CN': '立即通过这些渠道通知会员，按此顺序，例如 inbox,sms',
  },
  announceWhere: {
    en: 'with --announce: only these members (everybody otherwise)',
    'zh-CN': '与 --announce 合用：只通知这些会员（默认全部）',
  },
  announceMax: {
    en: 'with --announce: a larger audience pauses until it is confirmed',
    'zh-CN': '与 --announce 合用：人数超过此数时暂停，等待确认',
  },
  announcePolicy: {
    en: 'with --announce: all channels, or the first that can reach the member',
    'zh-CN': '与 --announce 合用：all 全部渠道，first 第一个能联系到的渠道',
  },
  from: {
    en: 'read the whole promotion from a JSON file as the API takes it (- is stdin)',
    'zh-CN': '从 JSON 文件读取整个促销，格式同 API（- 为标准输入）',
  },
  state: { en: 'only those that are scheduled, running or ended', 'zh-CN': '只看 scheduled、running 或 ended' },
  kind: { en: 'only this kind', 'zh-CN': '只看这一类' },
  version: {
    en: 'refuse the edit unless this is the present version (whatever it is otherwise)',
    'zh-CN': '仅当当前版本等于此值时才修改（默认不检查）',
  },

  oneRule: {
    en: 'Give one of --full-reduction, --direct-cut, --gift and --discount.',
    'zh-CN': '--full-reduction、--direct-cut、--gift、--discount 只能写一个。',
  },
  needsRule: {
    en: 'Say what is reduced: one of --full-reduction, --direct-cut, --gift and --discount.',
    'zh-CN': '请说明优惠：--full-reduction、--direct-cut、--gift、--discount 之一。',
  },
  strayRuleOption: {
    en: '--repeating goes with --full-reduction, --gift-threshold with --gift, --max-reduction with --discount.',
    'zh-CN':
      '--repeating 须与 --full-reduction 合用，--gift-threshold 须与 --gift 合用，--max-reduction 须与 --discount 合用。',
  },
  strayAnnounceOption: {
    en: '--where, --announce-max and --policy go with --announce.',
    'zh-CN': '--where、--announce-max、--policy 须与 --announce 合用。',
  },
  oneScope: {
    en: 'Give one of --seller, --categories and --products.',
    'zh-CN': '--seller、--categories、--products 只能写一个。',
  },
  missing: (flag: string): Wording => ({ en: `${flag} is missing.`, 'zh-CN': `缺少 ${flag}。` }),
  nothingToEdit: { en: 'Name what is to change.', 'zh-CN': '请写明要修改的内容。' },
  fromAlone: {
    en: '--from holds the whole promotion; leave the other options out.',
    'zh-CN': '--from 已包含整个促销，请不要再写其他选项。',
  },

  created: {
    en: (id: number) => `Promotion ${id} is created.`,
    'zh-CN': (id: number) => `促销 ${id} 已创建。`,
  } satisfies Phrase<[number]>,
  duplicate: {
    en: (id: number) => `The same promotion had been created before: this is promotion ${id}, nothing new was made.`,
    'zh-CN': (id: number) => `相同的促销之前已经创建：就是促销 ${id}，没有新建。`,
  } satisfies Phrase<[number]>,
  edited: {
    en: (id: number, version: number) => `Promotion ${id} is edited (version ${version}). Nobody was told.`,
    'zh-CN': (id: number, version: number) => `促销 ${id} 已修改（版本 ${version}），没有发出通知。`,
  } satisfies Phrase<[number, number]>,
  ended: {
    en: (id: number) => `Promotion ${id} has ended.`,
    'zh-CN': (id: number) => `促销 ${id} 已结束。`,
  } satisfies Phrase<[number]>,

  fieldId: { en: 'promotion', 'zh-CN': '促销' },
  fieldState: { en: 'state', 'zh-CN': '状态' },
  fieldName: { en: 'name', 'zh-CN': '名称' },
  fieldRule: { en: 'offer', 'zh-CN': '优惠' },
  fieldScope: { en: 'scope', 'zh-CN': '范围' },
  fieldStarts: { en: 'starts', 'zh-CN': '开始' },
  fieldEnds: { en: 'ends', 'zh-CN': '结束' },
  fieldCreated: { en: 'created', 'zh-CN': '创建' },
  fieldEdited: { en: 'edited', 'zh-CN': '修改' },
  fieldEnded: { en: 'ended early', 'zh-CN': '提前结束' },
  fieldVersion: { en: 'version', 'zh-CN': '版本' },
  fieldDescription: { en: 'description', 'zh-CN': '说明' },
  fieldCampaign: { en: 'campaign', 'zh-CN': '通知活动' },

  states: {
    scheduled: { en: 'scheduled', 'zh-CN': '未开始' },
    running: { en: 'running', 'zh-CN': '进行中' },
    ended: { en: 'ended', 'zh-CN': '已结束' },
  } as Readonly<Record<string, Wording>>,
  wholeShop: { en: 'whole shop', 'zh-CN': '全店' },
  sellerScope: { en: (shop: string) => `seller ${shop}`, 'zh-CN': (shop: string) => `店铺 ${shop}` } satisfies Phrase<
    [string]
  >,
  categoryScope: {
    en: (ids: string) => `categories ${ids}`,
    'zh-CN': (ids: string) => `类目 ${ids}`,
  } satisfies Phrase<[string]>,
  productScope: {
    en: (ids: string) => `products ${ids}`,
    'zh-CN': (ids: string) => `商品 ${ids}`,
  } satisfies Phrase<[string]>,
  tierWords: {
    en: (spend: string, off: string) => `spend ${spend}, get ${off} off`,
    'zh-CN': (spend: string, off: string) => `满 ${spend} 减 ${off}`,
  } satisfies Phrase<[string, string]>,
  repeats: { en: ', again for each further one', 'zh-CN': '，每满都减' },
  cutWords: { en: (off: string) => `${off} off`, 'zh-CN': (off: string) => `立减 ${off}` } satisfies Phrase<[string]>,
  giftWords: {
    en: (spend: string, gifts: string) => `spend ${spend}, get ${gifts}`,
    'zh-CN': (spend: string, gifts: string) => `满 ${spend} 送 ${gifts}`,
  } satisfies Phrase<[string, string]>,
  discountWords: {
    en: (percent: string) => `${percent} % off`,
    'zh-CN': (percent: string) => `减 ${percent} %`,
  } satisfies Phrase<[string]>,
  atMost: { en: (off: string) => `, at most ${off}`, 'zh-CN': (off: string) => `，最多减 ${off}` } satisfies Phrase<
    [string]
  >,
} as const;
