import type { CampaignPauseReason, ChannelPauseReason } from '../../campaign/campaign.js';
import type { Channel } from '../../core/channels.js';
import type { OutcomeClass } from '../../ledger/cell-code.js';
import type { Phrase, Wording } from '../wording.js';

export const CAMPAIGN_TEXT = {
  group: {
    en: 'Campaigns: create, dry-run, launch, watch, control, look up',
    'zh-CN': '活动：创建、试算、启动、观察、控制、查询',
  },
  create: { en: 'Create a campaign', 'zh-CN': '创建活动' },
  createDetails: {
    en:
      'Makes a draft: nothing is sent before it is launched. It goes to everybody unless --where or --members narrows ' +
      'it. With --promotion each channel begins with a starter template; --subject, --title, --body and --link replace ' +
      'parts of it on every channel that shows them, --message CHANNEL=FILE the whole message of one.',
    'zh-CN':
      '创建草稿，启动之前不会发送。默认发给所有会员，可用 --where 或 --members 缩小范围。有 --promotion 时每个渠道先用入门模板；' +
      '--subject、--title、--body、--link 替换各渠道相应部分，--message 渠道=文件 替换某个渠道的整条消息。',
  },
  edit: { en: 'Edit a draft', 'zh-CN': '修改草稿' },
  editDetails: {
    en: 'What is not named stays. A dry run made before no longer holds.',
    'zh-CN': '没有写的内容保持不变。之前的试算随之失效。',
  },
  dryRun: { en: 'Count what a launch would do', 'zh-CN': '试算：启动后会发生什么' },
  dryRunDetails: {
    en: 'Exact: a launch with nothing changed in between gives the same numbers. It holds for 15 minutes.',
    'zh-CN': '结果准确：期间没有变化时，启动后的数字与此相同。15 分钟内有效。',
  },
  launch: { en: 'Launch a campaign', 'zh-CN': '启动活动' },
  launchDetails: {
    en:
      '--confirm repeats the size of the audience that the dry run counted. Without --dry-run a new dry run is made, ' +
      'and the launch goes on only when it counts the same.',
    'zh-CN': '--confirm 填写试算得出的受众人数。不写 --dry-run 时会重新试算，人数一致才会启动。',
  },
  watch: { en: 'Watch a campaign until it has ended', 'zh-CN': '观察活动直到结束' },
  watchDetails: {
    en: 'Ctrl-C only stops watching; sending goes on. Ends with 1 when the campaign was cancelled or its books do not balance.',
    'zh-CN': 'Ctrl-C 只停止观察，发送继续。活动被取消或账目不平时退出码为 1。',
  },
  show: { en: 'Show a campaign and its books', 'zh-CN': '查看活动及其账目' },
  list: { en: 'List campaigns, newest first', 'zh-CN': '列出活动，最新的在前' },
  pause: { en: 'Pause a campaign, or one channel of it', 'zh-CN': '暂停活动，或其中一个渠道' },
  resume: { en: 'Resume a campaign, or one channel of it', 'zh-CN': '恢复活动，或其中一个渠道' },
  cancel: { en: 'Cancel a campaign for good', 'zh-CN': '取消活动（不可恢复）' },
  pace: {
    en: "Change a campaign's pace on a channel, while it runs too",
    'zh-CN': '调整活动在某渠道的速度，发送中也可以',
  },
  paceDetails: {
    en: 'Effective within 2 s. A limit that is not given is lifted; the vendor account keeps its own.',
    'zh-CN': '2 秒内生效。没有写的限制会被取消；服务商账户自身的限制仍然有效。',
  },
  confirm: {
    en: 'Confirm an audience whose size is not what was expected, and go on',
    'zh-CN': '确认与预期不符的受众人数并继续',
  },
  sendAgain: {
    en: 'Send again to those failed or unknown, as a new draft',
    'zh-CN': '对失败或结果不明的会员重发（新建草稿）',
  },
  sendAgainDetails: {
    en:
      'Members who were told meanwhile are left out. Unknown members may have been told already: where the channel ' +
      'cannot recognise a repeated message, --confirm-twice accepts that up to so many get it twice.',
    'zh-CN':
      '期间已收到的会员会被排除。结果不明的会员可能已经收到：渠道无法识别重复消息时，须用 --confirm-twice 接受最多这么多人收到两次。',
  },
  members: { en: 'List members of a campaign by outcome', 'zh-CN': '按结果列出活动的会员' },
  export: { en: 'Export members of a campaign by outcome as CSV', 'zh-CN': '按结果导出活动的会员为 CSV' },
  exportDetails: {
    en: 'To stdout, or to a file that appears when it is complete.',
    'zh-CN': '输出到标准输出，或写入文件（完成后才出现）。',
  },
  funnel: {
    en: 'Show what a campaign made of its coupon: told, claimed, locked, redeemed, discount given',
    'zh-CN': '查看活动的优惠券漏斗：已通知、已领取、已锁定、已核销、优惠金额',
  },
  funnelTold: { en: 'told', 'zh-CN': '已通知' },
  funnelClaimed: { en: 'have claimed it', 'zh-CN': '已领取' },
  funnelLocked: { en: 'used it in an order', 'zh-CN': '已用于订单' },
  funnelRedeemed: { en: 'redeemed', 'zh-CN': '已核销' },
  funnelDiscount: { en: 'discount given', 'zh-CN': '优惠金额' },
  history: { en: 'Show every move of a campaign: who, when, why', 'zh-CN': '查看活动的每一步：谁、何时、为何' },
  allLanguages: { en: 'in every language', 'zh-CN': '所有语言' },
  templates: { en: 'List starter templates', 'zh-CN': '列出入门模板' },

  name: { en: "name (the promotion's or the coupon's otherwise)", 'zh-CN': '名称（默认用促销或优惠券的名称）' },
  promotion: { en: 'promotion that it tells about', 'zh-CN': '要通知的促销编号' },
  coupon: {
    en: 'coupon that it tells about; held back while that is given out',
    'zh-CN': '要通知的优惠券编号；优惠券领完时暂停',
  },
  channels: {
    en: 'channels of inbox, sms, email, app, with commas; their order is what --policy first goes by',
    'zh-CN': '渠道 inbox、sms、email、app，用逗号隔开；顺序用于 --policy first',
  },
  membersFile: {
    en: 'file with one member id a line, up to 100,000 (- is stdin)',
    'zh-CN': '每行一个会员编号的文件，最多 100,000（- 为标准输入）',
  },
  everybody: { en: 'to everybody, instead of a filter or list', 'zh-CN': '改为发给所有会员' },
  subject: { en: 'subject (e-mail)', 'zh-CN': '邮件主题' },
  title: { en: 'title (inbox, app push)', 'zh-CN': '标题（站内信、APP 推送）' },
  body: {
    en: 'text, such as "Hi {{member.name|there}}, {{promotion.name}} is on"',
    'zh-CN': '正文，例如 "{{member.name|亲爱的会员}}，{{promotion.name}}开始了"',
  },
  link: { en: 'link, with http:// or https://', 'zh-CN': '链接，以 http:// 或 https:// 开头' },
  message: {
    en: 'whole message of a channel from a JSON file, as email=mail.json; repeatable',
    'zh-CN': '用 JSON 文件指定某渠道的整条消息，例如 email=mail.json；可重复',
  },
  template: { en: 'starter template for its channel; repeatable', 'zh-CN': '使用入门模板；可重复' },
  policy: {
    en: 'all: every channel tells the member; first: only the first that can reach the member',
    'zh-CN': 'all：每个渠道都通知；first：只用第一个能联系到的渠道',
  },
  campaignClass: {
    en: 'weight of its turns: bulk, scheduled, reminder',
    'zh-CN': '轮次权重：bulk、scheduled、reminder',
  },
  mode: {
    en: 'delivery mode of a channel, as sms=atLeastOnce; repeatable',
    'zh-CN': '某渠道的投递方式，例如 sms=atLeastOnce；可重复',
  },
  channelPace: {
    en: 'members per second on a channel, as sms=500; repeatable',
    'zh-CN': '某渠道每秒会员数，例如 sms=500；可重复',
  },
  channelRequests: {
    en: 'requests per second on a channel, as sms=10; repeatable',
    'zh-CN': '某渠道每秒请求数，例如 sms=10；可重复',
  },
  at: { en: 'launch at this time (at once otherwise)', 'zh-CN': '定时启动（默认立即）' },
  deliverUntil: {
    en: "what is pending then is given up (the coupon's end, else the promotion's, else 72 h)",
    'zh-CN': '到时仍未发送的不再发送（默认优惠券结束时，否则促销结束时，否则 72 小时）',
  },
  from: {
    en: 'read the whole campaign from a JSON file as the API takes it (- is stdin)',
    'zh-CN': '从 JSON 文件读取整个活动，格式同 API（- 为标准输入）',
  },
  ifVersion: {
    en: 'refuse the edit unless this is the present version (whatever it is otherwise)',
    'zh-CN': '仅当当前版本等于此值时才修改（默认不检查）',
  },
  dryRunId: { en: 'number of the dry run it rests on', 'zh-CN': '依据的试算编号' },
  confirmMembers: { en: 'members that the dry run counted', 'zh-CN': '试算得出的人数' },
  confirmExpiring: {
    en: 'members that the dry run says would expire, where it found any',
    'zh-CN': '试算指出会过期的人数（有时才需要）',
  },
  confirmFrozen: { en: 'members of the frozen audience', 'zh-CN': '冻结后的受众人数' },
  confirmTwice: { en: 'accept that up to so many members may get it twice', 'zh-CN': '接受最多这么多会员收到两次' },
  thenWatch: { en: 'watch it then, until it has ended', 'zh-CN': '随后观察直到结束' },
  state: { en: 'only campaigns in this state', 'zh-CN': '只看这种状态' },
  reason: { en: 'why; kept in the history', 'zh-CN': '原因，写入历史' },
  oneChannel: { en: 'only this channel', 'zh-CN': '只对这个渠道' },
  channel: { en: 'channel', 'zh-CN': '渠道' },
  membersPerSecond: { en: 'members per second', 'zh-CN': '每秒会员数' },
  requestsPerSecond: { en: 'requests per second', 'zh-CN': '每秒请求数' },
  unlimited: { en: 'no limit of its own', 'zh-CN': '取消自身限制' },
  outcome: {
    en: 'classes or outcomes with commas, as failed or failedAddress,unknown (everybody otherwise)',
    'zh-CN': '结果，用逗号隔开，例如 failed 或 failedAddress,unknown（默认全部）',
  },
  againOutcome: {
    en: 'kinds of failed with commas, or unknown alone (every kind of failed otherwise)',
    'zh-CN': '失败的种类，用逗号隔开，或单独写 unknown（默认所有失败）',
  },
  output: { en: 'write to this file (stdout otherwise)', 'zh-CN': '写入此文件（默认标准输出）' },

  missing: (flag: string): Wording => ({ en: `${flag} is missing.`, 'zh-CN': `缺少 ${flag}。` }),
  oneAudience: {
    en: 'Give one of --where, --members and --everybody.',
    'zh-CN': '--where、--members、--everybody 只能写一个。',
  },
  fromAlone: {
    en: '--from holds the whole campaign; leave the other options out.',
    'zh-CN': '--from 已包含整个活动，请不要再写其他选项。',
  },
  nothingToEdit: { en: 'Name what is to change.', 'zh-CN': '请写明要修改的内容。' },
  noMessage: (channel: string): Wording => ({
    en: `Say what members read by ${channel}: --body, --template or --message ${channel}=FILE.`,
    'zh-CN': `请写明 ${channel} 的消息：--body、--template 或 --message ${channel}=文件。`,
  }),
  strayChannel: (channel: string): Wording => ({
    en: `${channel} is not among the channels of the campaign.`,
    'zh-CN': `${channel} 不在活动的渠道之中。`,
  }),
  unseenText: (flag: string): Wording => ({
    en: `No channel of the campaign shows ${flag}; leave it out.`,
    'zh-CN': `活动的渠道都不显示 ${flag}，请去掉它。`,
  }),
  unknownTemplate: (id: string, nearest: string | undefined): Wording => ({
    en: `There is no template ${id}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`} "fanfare campaign templates" lists them.`,
    'zh-CN': `没有模板 ${id}。${nearest === undefined ? '' : `是否想写 ${nearest}？`}可用 "fanfare campaign templates" 查看。`,
  }),
  strayTemplate: (id: string, channel: string): Wording => ({
    en: `The template ${id} is for ${channel}, which is not among the channels of the campaign.`,
    'zh-CN': `模板 ${id} 用于 ${channel}，不在活动的渠道之中。`,
  }),
  nobodyFailed: (channel: string): Wording => ({
    en: `Nobody failed on ${channel}; name other outcomes with --outcome.`,
    'zh-CN': `${channel} 上没有失败的会员；可用 --outcome 指定其他结果。`,
  }),
  paceNeeded: {
    en: 'Give --members-per-second, --requests-per-second, or --unlimited.',
    'zh-CN': '请写 --members-per-second、--requests-per-second 或 --unlimited。',
  },
  cancelCannotBeUndone: {
    en: 'A cancelled campaign cannot be taken up again; to hold it back for a while, pause it.',
    'zh-CN': '取消后无法恢复；如只是暂时停下，请用 pause。',
  },

  created: {
    en: (id: number) => `Campaign ${id} is a draft. Nothing is sent before it is launched.`,
    'zh-CN': (id: number) => `活动 ${id} 已建为草稿，启动之前不会发送。`,
  } satisfies Phrase<[number]>,
  edited: {
    en: (id: number) => `Campaign ${id} is edited; a dry run made before no longer holds.`,
    'zh-CN': (id: number) => `活动 ${id} 已修改，之前的试算失效。`,
  } satisfies Phrase<[number]>,
  launched: {
    en: (id: number) => `Campaign ${id} is launched.`,
    'zh-CN': (id: number) => `活动 ${id} 已启动。`,
  } satisfies Phrase<[number]>,
  scheduled: {
    en: (id: number, at: string) => `Campaign ${id} starts at ${at}.`,
    'zh-CN': (id: number, at: string) => `活动 ${id} 将于 ${at} 开始。`,
  } satisfies Phrase<[number, string]>,
  countedOther: (counted: string, confirmed: string): Wording => ({
    en: `Not launched: the audience now counts ${counted} members, not ${confirmed}. Look at it, then confirm that number.`,
    'zh-CN': `没有启动：受众现在为 ${counted} 人，不是 ${confirmed} 人。请查看后再确认人数。`,
  }),
  countedExpiring: (expiring: string): Wording => ({
    en: `Not launched: ${expiring} members would expire at this pace. Confirm them too, or change pace or end.`,
    'zh-CN': `没有启动：按此速度将有 ${expiring} 人过期。请一并确认，或调整速度、截止时间。`,
  }),
  paused: {
    en: (id: number) => `Campaign ${id} is paused: nothing new is sent.`,
    'zh-CN': (id: number) => `活动 ${id} 已暂停，不再发送。`,
  } satisfies Phrase<[number]>,
  resumed: {
    en: (id: number) => `Campaign ${id} goes on.`,
    'zh-CN': (id: number) => `活动 ${id} 继续。`,
  } satisfies Phrase<[number]>,
  stillPaused: {
    en: (id: number, reasons: string) => `Campaign ${id} is still held back: ${reasons}.`,
    'zh-CN': (id: number, reasons: string) => `活动 ${id} 仍被暂停：${reasons}。`,
  } satisfies Phrase<[number, string]>,
  cancelled: {
    en: (id: number) => `Campaign ${id} is being cancelled: nothing more is sent, what was handed over is waited for.`,
    'zh-CN': (id: number) => `活动 ${id} 正在取消：不再发送，等待已提交的结果。`,
  } satisfies Phrase<[number]>,
  paceSet: {
    en: (channel: string) => `The pace on ${channel} is changed; it holds within 2 s.`,
    'zh-CN': (channel: string) => `${channel} 的速度已调整，2 秒内生效。`,
  } satisfies Phrase<[string]>,
  againMade: {
    en: (id: number, parent: number) => `Campaign ${id} is a draft that sends again what campaign ${parent} did not.`,
    'zh-CN': (id: number, parent: number) => `活动 ${id} 已建为草稿，重发活动 ${parent} 未送达的部分。`,
  } satisfies Phrase<[number, number]>,
  exported: {
    en: (file: string, size: string) => `Written to ${file} (${size}).`,
    'zh-CN': (file: string, size: string) => `已写入 ${file}（${size}）。`,
  } satisfies Phrase<[string, string]>,
  detached: {
    en: (id: number) => `No longer watching; sending goes on. Pause it with: fanfare campaign pause ${id}`,
    'zh-CN': (id: number) => `已停止观察，发送仍在继续。暂停请用：fanfare campaign pause ${id}`,
  } satisfies Phrase<[number]>,
  serverAway: {
    en: 'The server does not answer; waiting for it…',
    'zh-CN': '服务器没有响应，等待中……',
  },
  watchStart: {
    en: (id: number, name: string) => `Campaign ${id}: ${name}`,
    'zh-CN': (id: number, name: string) => `活动 ${id}：${name}`,
  } satisfies Phrase<[number, string]>,
  heldBack: {
    en: (reasons: string) => `Held back: ${reasons}.`,
    'zh-CN': (reasons: string) => `暂停中：${reasons}。`,
  } satisfies Phrase<[string]>,
  unbalanced: {
    en: 'The books do not balance; run: fanfare audit',
    'zh-CN': '账目不平，请运行：fanfare audit',
  },

  fieldId: { en: 'campaign', 'zh-CN': '活动' },
  fieldName: { en: 'name', 'zh-CN': '名称' },
  fieldState: { en: 'state', 'zh-CN': '状态' },
  fieldHeld: { en: 'held back by', 'zh-CN': '暂停原因' },
  fieldPromotion: { en: 'promotion', 'zh-CN': '促销' },
  fieldCoupon: { en: 'coupon', 'zh-CN': '优惠券' },
  fieldParent: { en: 'sends again', 'zh-CN': '重发自活动' },
  fieldAudience: { en: 'audience', 'zh-CN': '受众' },
  fieldMembers: { en: 'members', 'zh-CN': '人数' },
  fieldPolicy: { en: 'policy', 'zh-CN': '渠道策略' },
  fieldLaunchAt: { en: 'launch at', 'zh-CN': '定时启动' },
  fieldLaunched: { en: 'launched', 'zh-CN': '启动' },
  fieldStarts: { en: 'starts', 'zh-CN': '开始' },
  fieldDeliverUntil: { en: 'delivers until', 'zh-CN': '发送截止' },
  fieldEnded: { en: 'ended', 'zh-CN': '结束' },
  fieldForgotten: { en: 'counts only since', 'zh-CN': '仅保留汇总，自' },
  fieldCreated: { en: 'created', 'zh-CN': '创建' },
  fieldVersion: { en: 'version', 'zh-CN': '版本' },
  fieldChannel: { en: 'channel', 'zh-CN': '渠道' },
  fieldMode: { en: 'mode', 'zh-CN': '投递方式' },
  fieldPace: { en: 'pace', 'zh-CN': '速度' },
  fieldMessage: { en: 'message', 'zh-CN': '消息' },
  fieldBalance: { en: 'balance', 'zh-CN': '账目' },
  fieldOutcome: { en: 'outcome', 'zh-CN': '结果' },
  fieldReason: { en: 'reason', 'zh-CN': '原因' },
  fieldShare: { en: 'share', 'zh-CN': '占比' },
  fieldMember: { en: 'member', 'zh-CN': '会员' },
  fieldTime: { en: 'time', 'zh-CN': '时间' },
  fieldVendor: { en: 'vendor', 'zh-CN': '服务商' },
  fieldActor: { en: 'who', 'zh-CN': '操作人' },
  fieldMove: { en: 'move', 'zh-CN': '动作' },
  fieldDetail: { en: 'why', 'zh-CN': '说明' },
  fieldReached: { en: 'told', 'zh-CN': '可通知' },
  fieldNotReached: { en: 'not told', 'zh-CN': '不通知' },
  fieldEnds: { en: 'ends', 'zh-CN': '结束' },
  fieldCost: { en: 'cost', 'zh-CN': '费用' },
  fieldExpiring: { en: 'would expire', 'zh-CN': '将过期' },
  fieldDryRun: { en: 'dry run', 'zh-CN': '试算' },
  fieldTemplate: { en: 'template', 'zh-CN': '模板' },
  fieldText: { en: 'text', 'zh-CN': '内容' },

  balanced: { en: 'balanced', 'zh-CN': '相符' },
  notBalanced: { en: 'NOT BALANCED', 'zh-CN': '不符' },
  atOnce: { en: 'at once', 'zh-CN': '尽快' },
  noLimit: { en: 'no limit of its own', 'zh-CN': '无自身限制' },
  free: { en: 'none', 'zh-CN': '无' },
  perSecondMembers: {
    en: (rate: string) => `${rate} members/s`,
    'zh-CN': (rate: string) => `${rate} 人/秒`,
  } satisfies Phrase<[string]>,
  perSecondRequests: {
    en: (rate: string) => `${rate} requests/s`,
    'zh-CN': (rate: string) => `${rate} 请求/秒`,
  } satisfies Phrase<[string]>,
  left: { en: (span: string) => `${span} left`, 'zh-CN': (span: string) => `剩余 ${span}` } satisfies Phrase<[string]>,
  everybodyShort: { en: 'everybody', 'zh-CN': '所有会员' },
  listShort: {
    en: (count: string) => `a list of ${count}`,
    'zh-CN': (count: string) => `名单 ${count} 人`,
  } satisfies Phrase<[string]>,
  cellsShort: {
    en: (outcomes: string, channel: string, id: string) => `${outcomes} of campaign ${id} by ${channel}`,
    'zh-CN': (outcomes: string, channel: string, id: string) => `活动 ${id} 在 ${channel} 上的 ${outcomes}`,
  } satisfies Phrase<[string, string, string]>,
} as const;

export const STATE_WORDS: Readonly<Record<string, Wording>> = {
  draft: { en: 'draft', 'zh-CN': '草稿' },
  scheduled: { en: 'scheduled', 'zh-CN': '等待启动' },
  freezing: { en: 'freezing the audience', 'zh-CN': '冻结受众' },
  running: { en: 'running', 'zh-CN': '发送中' },
  paused: { en: 'paused', 'zh-CN': '已暂停' },
  cancelling: { en: 'cancelling', 'zh-CN': '取消中' },
  cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
  completed: { en: 'completed', 'zh-CN': '已完成' },
};

export const CLASS_WORDS: Readonly<Record<OutcomeClass, Wording>> = {
  pending: { en: 'pending', 'zh-CN': '待发' },
  sent: { en: 'sent', 'zh-CN': '已发' },
  failed: { en: 'failed', 'zh-CN': '失败' },
  unknown: { en: 'unknown', 'zh-CN': '不明' },
  suppressed: { en: 'suppressed', 'zh-CN': '不发' },
};

export const CHANNEL_WORDS: Readonly<Record<Channel, Wording>> = {
  inbox: { en: 'inbox', 'zh-CN': '站内信' },
  sms: { en: 'sms', 'zh-CN': '短信' },
  email: { en: 'email', 'zh-CN': '邮件' },
  app: { en: 'app', 'zh-CN': 'APP推送' },
};

export const PAUSE_WORDS: Readonly<Record<CampaignPauseReason | ChannelPauseReason, Wording>> = {
  person: { en: 'a person', 'zh-CN': '人工暂停' },
  audienceDrift: {
    en: 'the audience is not of the size that was confirmed',
    'zh-CN': '受众人数与确认的不符',
  },
  audienceMax: { en: 'the audience is larger than allowed', 'zh-CN': '受众人数超过上限' },
  soldOut: { en: 'its coupon is given out', 'zh-CN': '优惠券已领完' },
  accountRefused: { en: 'the vendor refuses the account', 'zh-CN': '服务商拒绝账户' },
  refusals: { en: 'the vendor refuses most messages', 'zh-CN': '服务商拒绝了大部分消息' },
};
