import type { Phrase, Wording } from '../wording.js';

export const COUPON_TEXT = {
  group: {
    en: 'Coupons: create, edit, give, change the stock, claim',
    'zh-CN': '优惠券：创建、修改、发放、调整库存、领取',
  },
  create: { en: 'Create a coupon, as a draft', 'zh-CN': '创建优惠券（草稿）' },
  createDetails: {
    en:
      'One of --full-reduction, --direct-cut, --gift and --discount says what it is worth; amounts are in units of the ' +
      'currency. Without --seller, --categories or --products it holds in the whole shop. A grant is valid for --days ' +
      'from when it was given, or in the window of --valid-from and --valid-until. Nobody gets it before it is activated.',
    'zh-CN':
      '用 --full-reduction、--direct-cut、--gift、--discount 之一说明优惠，金额以货币单位（元）计。不写 --seller、--categories、' +
      '--products 时全店有效。有效期用 --days（自发放起的天数）或 --valid-from 与 --valid-until（固定区间）。启用之前没有人能得到。',
  },
  edit: { en: 'Edit a coupon', 'zh-CN': '修改优惠券' },
  editDetails: {
    en:
      'What is not named stays as it is. In a draft everything can change; later its name, description, budget and ' +
      'close only, because members may hold it. The stock has its own command.',
    'zh-CN':
      '没有写的内容保持不变。草稿可以全部修改；之后只能改名称、说明、预算和截止时间，因为会员可能已持有。库存另有命令。',
  },
  list: { en: 'List coupons, newest first', 'zh-CN': '列出优惠券，最新的在前' },
  show: { en: 'Show a coupon with its counts', 'zh-CN': '查看优惠券及其数量' },
  activate: { en: 'Activate a coupon: it is given from its opening on', 'zh-CN': '启用优惠券：自开始时间起发放' },
  pause: { en: 'Pause a coupon; what members hold stays theirs', 'zh-CN': '暂停发放；会员已持有的不受影响' },
  end: { en: 'End a coupon now, for good', 'zh-CN': '立即永久结束发放' },
  stock: { en: 'Raise or lower the stock of a coupon', 'zh-CN': '增加或减少优惠券库存' },
  stockDetails: {
    en: 'The whole number there are, not the change; while claims run, and never below what is granted.',
    'zh-CN': '填写总量，不是增减量；领取期间也可调整，但不得少于已发放数。',
  },
  claim: { en: 'Claim a coupon for members', 'zh-CN': '替会员领取优惠券' },
  claimDetails: {
    en: 'Answers member by member. The same --idempotency-key finds the grants of the claim again, for good.',
    'zh-CN': '逐个会员给出结果。用相同的 --idempotency-key 可随时再次查到该次领取的券。',
  },
  importGrants: { en: 'Give a coupon to the members of a CSV file', 'zh-CN': '按 CSV 文件向会员发券' },
  importGrantsDetails: {
    en:
      'Columns: memberId; key tells several grants of one member apart; grantedAt says when it was given. Stock, limit, audience ' +
      'and times hold as for a claim. Each row is given once: send the same file again after a break, or when stock came back.',
    'zh-CN':
      '列：memberId；key 用于区分同一会员的多张券；grantedAt 为发放时间。库存、限领、受众和时间的规则与领取相同。每行只发一次：中断或补货后可重新导入同一文件。',
  },
  grantsFile: { en: 'CSV file (- is stdin)', 'zh-CN': 'CSV 文件（- 为标准输入）' },
  grantRejects: {
    en: 'where the refused rows are written (FILE.rejects.csv otherwise)',
    'zh-CN': '被拒绝的行写入何处（默认 文件名.rejects.csv）',
  },
  wallet: { en: "List a member's coupons, newest first", 'zh-CN': '列出会员的券，最新的在前' },
  walletDetails: {
    en: 'What the platform owes the member by now is put in first, as at a login.',
    'zh-CN': '先补发平台此刻应发的券，与登录时相同。',
  },

  members: { en: "the shop's own ids of members, 1 to 1,000", 'zh-CN': '会员编号（商家自己的），1 到 1,000 个' },
  name: { en: 'name, as members read it', 'zh-CN': '名称，会员会看到' },
  issue: {
    en: 'who acts: platform gives it to all who are due, with selfClaim members ask for it',
    'zh-CN': '发放方式：platform 平台自动发放，selfClaim 会员自行领取',
  },
  opens: { en: 'when it is given first (now otherwise)', 'zh-CN': '开始发放的时间（默认现在）' },
  newOpens: { en: 'when it is given first', 'zh-CN': '开始发放的时间' },
  closes: { en: 'when it is given no more', 'zh-CN': '停止发放的时间' },
  days: { en: 'a grant is valid for so many days', 'zh-CN': '每张券自发放起有效的天数' },
  byCodeOnly: {
    en: 'yes: members claim it by codes and in no other way (no otherwise); where members claim it',
    'zh-CN': 'yes：会员只能凭兑换码领取（默认 no）；仅限会员自领',
  },
  makeCodes: { en: 'Make codes of a coupon', 'zh-CN': '生成优惠券兑换码' },
  makeCodesDetails: {
    en: 'For a coupon that is claimed by codes only. They are shown now and never again: keep the output where nobody else reads it.',
    'zh-CN': '适用于只能凭兑换码领取的券。兑换码仅显示这一次，请将输出保存在他人无法读取之处。',
  },
  codeCount: { en: 'how many, 1 to 10,000', 'zh-CN': '数量，1 至 10,000' },
  codesMade: {
    en: (count: string) => `${count} codes were made; they cannot be shown again.`,
    'zh-CN': (count: string) => `已生成 ${count} 个兑换码，之后无法再次显示。`,
  } satisfies Phrase<[string]>,
  codesShownBefore: {
    en: 'This request was made before: its codes were shown then, and cannot be shown again. If nobody has them, void them and make others.',
    'zh-CN': '该请求此前已处理：兑换码当时已显示，无法再次显示。若无人持有，可将其作废后重新生成。',
  },
  listCodes: { en: 'List when codes of a coupon were made', 'zh-CN': '列出优惠券兑换码的生成批次' },
  voidCodes: { en: 'Void codes that nobody has used', 'zh-CN': '作废未使用的兑换码' },
  voidCodesDetails: {
    en: 'Those that were made at one moment: because their answer was lost, or they came into wrong hands. What members got by codes stays theirs.',
    'zh-CN': '作废同一时刻生成的兑换码，用于应答丢失或兑换码泄露的情况。会员已兑换的券不受影响。',
  },
  codesMadeAt: { en: 'when they were made, as codes-list shows it', 'zh-CN': '生成时间，见 codes-list' },
  codesVoided: {
    en: (voided: string, used: string) => `${voided} codes are void; ${used} were used before.`,
    'zh-CN': (voided: string, used: string) => `已作废 ${voided} 个兑换码；此前已使用 ${used} 个。`,
  } satisfies Phrase<[string, string]>,
  fieldMadeAt: { en: 'made at', 'zh-CN': '生成时间' },
  fieldCodes: { en: 'codes', 'zh-CN': '数量' },
  fieldUsed: { en: 'used', 'zh-CN': '已使用' },
  sweepAtClose: {
    en: 'yes: whoever has not got it is given it just before it closes (no otherwise); where the platform gives it',
    'zh-CN': 'yes：结束前自动补发给尚未获得的会员（默认 no）；仅限平台发放',
  },
  validFrom: {
    en: 'with --valid-until: when grants begin to be valid (with --opens otherwise)',
    'zh-CN': '与 --valid-until 合用：券开始生效的时间（默认同 --opens）',
  },
  newValidFrom: {
    en: 'with --valid-until: when grants begin to be valid',
    'zh-CN': '与 --valid-until 合用：券开始生效的时间',
  },
  validUntil: { en: 'when all grants end', 'zh-CN': '所有券失效的时间' },
  stockOption: { en: 'how many there are (without limit otherwise)', 'zh-CN': '库存（默认不限）' },
  stockNumber: { en: 'how many there are', 'zh-CN': '库存总量' },
  unlimited: { en: 'without limit', 'zh-CN': '不限库存' },
  limitPerMember: { en: 'most that a member may have (1 otherwise)', 'zh-CN': '每人最多几张（默认 1）' },
  newLimitPerMember: { en: 'most that a member may have', 'zh-CN': '每人最多几张' },
  stacking: {
    en: 'whether an order may use it beside others: alone or withOthers (alone otherwise)',
    'zh-CN': '能否与其他券同时使用：alone 不能，withOthers 能（默认 alone）',
  },
  afterRefund: {
    en: 'what a redeemed one becomes when its order is refunded: available or expired (available otherwise)',
    'zh-CN': '订单退款后已核销的券：available 退回，expired 作废（默认 available）',
  },
  newStacking: {
    en: 'whether an order may use it beside others: alone or withOthers',
    'zh-CN': '能否与其他券同时使用：alone 不能，withOthers 能',
  },
  newAfterRefund: {
    en: 'what a redeemed one becomes when its order is refunded: available or expired',
    'zh-CN': '订单退款后已核销的券：available 退回，expired 作废',
  },
  budget: { en: 'most discount that they may add up to', 'zh-CN': '优惠总额上限' },
  noBudget: { en: 'remove the budget', 'zh-CN': '取消优惠总额上限' },
  campaign: {
    en: 'only for the frozen audience of this campaign (for everybody otherwise)',
    'zh-CN': '只给该活动的冻结受众（默认全部会员）',
  },
  newCampaign: { en: 'only for the frozen audience of this campaign', 'zh-CN': '只给该活动的冻结受众' },
  everybody: { en: 'for everybody', 'zh-CN': '给全部会员' },
  promotion: { en: 'the promotion it belongs to', 'zh-CN': '所属的促销' },
  noPromotion: { en: 'let it stand alone, without a promotion', 'zh-CN': '不再属于任何促销' },
  from: {
    en: 'read the whole coupon from a JSON file as the API takes it (- is stdin)',
    'zh-CN': '从 JSON 文件读取整个优惠券，格式同 API（- 为标准输入）',
  },
  version: {
    en: 'refuse the edit unless this is the present version (whatever it is otherwise)',
    'zh-CN': '仅当当前版本等于此值时才修改（默认不检查）',
  },
  description: { en: 'description', 'zh-CN': '说明' },
  noDescription: { en: 'remove the description', 'zh-CN': '删除说明' },
  state: { en: 'only those in this state', 'zh-CN': '只看该状态的' },
  issueOnly: { en: 'only those that are issued so', 'zh-CN': '只看该发放方式的' },
  grantState: { en: 'only grants in this state', 'zh-CN': '只看该状态的券' },

  missing: (flag: string): Wording => ({ en: `${flag} is missing.`, 'zh-CN': `缺少 ${flag}。` }),
  needsRule: {
    en: 'Say what it is worth: one of --full-reduction, --direct-cut, --gift and --discount.',
    'zh-CN': '请说明优惠：--full-reduction、--direct-cut、--gift、--discount 之一。',
  },
  needsValidity: { en: 'Give --days or --valid-until.', 'zh-CN': '请写 --days 或 --valid-until。' },
  oneValidity: {
    en: 'Give --days or --valid-until; --valid-from goes with --valid-until.',
    'zh-CN': '--days 与 --valid-until 只能写一个；--valid-from 须与 --valid-until 合用。',
  },
  needsBothEnds: {
    en: 'Give --valid-from and --valid-until together.',
    'zh-CN': '--valid-from 与 --valid-until 须同时写。',
  },
  contradiction: (first: string, second: string): Wording => ({
    en: `Give ${first} or ${second}, not both.`,
    'zh-CN': `${first} 与 ${second} 只能写一个。`,
  }),
  stockNeeded: { en: 'Give the number there are, or --unlimited.', 'zh-CN': '请写库存总量或 --unlimited。' },
  nothingToEdit: { en: 'Name what is to change.', 'zh-CN': '请写明要修改的内容。' },
  fromAlone: {
    en: '--from holds the whole coupon; leave the other options out.',
    'zh-CN': '--from 已包含整个优惠券，请不要再写其他选项。',
  },

  created: {
    en: (id: number) => `Coupon ${id} is a draft: nobody gets it yet.`,
    'zh-CN': (id: number) => `优惠券 ${id} 已创建为草稿，尚未发放。`,
  } satisfies Phrase<[number]>,
  edited: {
    en: (id: number, version: number) => `Coupon ${id} is edited (version ${version}).`,
    'zh-CN': (id: number, version: number) => `优惠券 ${id} 已修改（版本 ${version}）。`,
  } satisfies Phrase<[number, number]>,
  moved: {
    activate: { en: (id: number) => `Coupon ${id} is active.`, 'zh-CN': (id: number) => `优惠券 ${id} 已启用。` },
    pause: { en: (id: number) => `Coupon ${id} is paused.`, 'zh-CN': (id: number) => `优惠券 ${id} 已暂停。` },
    end: { en: (id: number) => `Coupon ${id} has ended.`, 'zh-CN': (id: number) => `优惠券 ${id} 已结束。` },
  } satisfies Readonly<Record<string, Phrase<[number]>>>,
  stockSet: {
    en: (left: string) => `Left to give: ${left}.`,
    'zh-CN': (left: string) => `还可发放：${left}。`,
  } satisfies Phrase<[string]>,
  claimed: {
    en: (granted: string, asked: string) => `${granted} of ${asked} have it.`,
    'zh-CN': (granted: string, asked: string) => `${asked} 人中 ${granted} 人持有。`,
  } satisfies Phrase<[string, string]>,

  fieldId: { en: 'coupon', 'zh-CN': '优惠券' },
  fieldIssue: { en: 'issued by', 'zh-CN': '发放方式' },
  issuedByCodes: { en: 'codes only', 'zh-CN': '仅限兑换码' },
  sweptAtClose: {
    en: (way: string) => `${way}, the rest just before it closes`,
    'zh-CN': (way: string) => `${way}，结束前自动补发`,
  } satisfies Phrase<[string]>,
  fieldRecalled: { en: 'recalled', 'zh-CN': '收回时间' },
  fieldValidity: { en: 'valid', 'zh-CN': '有效期' },
  fieldOpens: { en: 'opens', 'zh-CN': '开始发放' },
  fieldCloses: { en: 'closes', 'zh-CN': '停止发放' },
  fieldAudience: { en: 'for', 'zh-CN': '适用对象' },
  fieldLimit: { en: 'per member', 'zh-CN': '每人限领' },
  fieldStacking: { en: 'in an order', 'zh-CN': '叠加规则' },
  fieldAfterRefund: { en: 'after a refund', 'zh-CN': '退款后' },
  fieldStock: { en: 'stock', 'zh-CN': '库存' },
  fieldLeft: { en: 'left', 'zh-CN': '剩余' },
  fieldGranted: { en: 'granted', 'zh-CN': '已发放' },
  fieldAvailable: { en: 'with members', 'zh-CN': '会员手中' },
  fieldLocked: { en: 'locked', 'zh-CN': '已锁定' },
  fieldRedeemed: { en: 'redeemed', 'zh-CN': '已核销' },
  fieldForfeited: { en: 'forfeited', 'zh-CN': '退款作废' },
  fieldRevoked: { en: 'revoked', 'zh-CN': '已撤销' },
  fieldBudget: { en: 'budget', 'zh-CN': '预算' },
  fieldPromotion: { en: 'promotion', 'zh-CN': '所属促销' },
  fieldMember: { en: 'member', 'zh-CN': '会员' },
  fieldOutcome: { en: 'answer', 'zh-CN': '结果' },
  fieldGrant: { en: 'grant', 'zh-CN': '券' },
  fieldGrantedAt: { en: 'granted', 'zh-CN': '发放时间' },
  fieldValidUntil: { en: 'valid until', 'zh-CN': '有效至' },

  withoutLimit: { en: 'without limit', 'zh-CN': '不限' },
  daysWords: {
    en: (days: number) => `${days} days from the grant`,
    'zh-CN': (days: number) => `自发放起 ${days} 天`,
  } satisfies Phrase<[number]>,
  windowWords: {
    en: (from: string, until: string) => `${from} to ${until}`,
    'zh-CN': (from: string, until: string) => `${from} 至 ${until}`,
  } satisfies Phrase<[string, string]>,
  forEverybody: { en: 'everybody', 'zh-CN': '全部会员' },
  forCampaign: {
    en: (id: number) => `the audience of campaign ${id}`,
    'zh-CN': (id: number) => `活动 ${id} 的受众`,
  } satisfies Phrase<[number]>,
  ofMoney: {
    en: (locked: string, redeemed: string, budget: string) => `${budget}: ${locked} locked, ${redeemed} redeemed`,
    'zh-CN': (locked: string, redeemed: string, budget: string) => `${budget}：已锁定 ${locked}，已核销 ${redeemed}`,
  } satisfies Phrase<[string, string, string]>,

  states: {
    draft: { en: 'draft', 'zh-CN': '草稿' },
    active: { en: 'active', 'zh-CN': '发放中' },
    paused: { en: 'paused', 'zh-CN': '已暂停' },
    ended: { en: 'ended', 'zh-CN': '已结束' },
  } as Readonly<Record<string, Wording>>,
  issues: {
    platform: { en: 'the platform', 'zh-CN': '平台发放' },
    selfClaim: { en: 'members’ own claims', 'zh-CN': '会员自领' },
  } as Readonly<Record<string, Wording>>,
  stackings: {
    alone: { en: 'alone', 'zh-CN': '单独使用' },
    withOthers: { en: 'beside others', 'zh-CN': '可与其他券叠加' },
  } as Readonly<Record<string, Wording>>,
  refunds: {
    available: { en: 'available again', 'zh-CN': '退回券包' },
    expired: { en: 'expired', 'zh-CN': '作废' },
  } as Readonly<Record<string, Wording>>,
  grantStates: {
    available: { en: 'available', 'zh-CN': '可用' },
    locked: { en: 'locked', 'zh-CN': '已锁定' },
    redeemed: { en: 'redeemed', 'zh-CN': '已核销' },
    expired: { en: 'expired', 'zh-CN': '已过期' },
    revoked: { en: 'revoked', 'zh-CN': '已撤销' },
  } as Readonly<Record<string, Wording>>,
  outcomes: {
    granted: { en: 'granted', 'zh-CN': '已领取' },
    alreadyGranted: { en: 'has it already', 'zh-CN': '已持有' },
    limitReached: { en: 'has as many as one may have', 'zh-CN': '已达上限' },
    notClaimable: { en: 'the platform gives it, or codes do', 'zh-CN': '不可领取' },
    tooEarly: { en: 'too early', 'zh-CN': '未开始' },
    paused: { en: 'paused', 'zh-CN': '已暂停' },
    tooLate: { en: 'too late', 'zh-CN': '已结束' },
    soldOut: { en: 'sold out', 'zh-CN': '已领完' },
    notEligible: { en: 'not in its audience', 'zh-CN': '不符合' },
    unknownMember: { en: 'no such member', 'zh-CN': '无此会员' },
  } as Readonly<Record<string, Wording>>,
} as const;
