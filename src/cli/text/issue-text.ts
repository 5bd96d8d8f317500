import type { Phrase } from '../wording.js';

export const ISSUE_TEXT = {
  issue: {
    en: 'Give a coupon of the platform now, to everybody or its frozen audience',
    'zh-CN': '将平台券立即发给全体会员或指定的冻结受众',
  },
  issueDetails: {
    en:
      'Instead of at the next login; both go on side by side and nobody gets two. It answers at once and goes on behind it, ' +
      'while the coupon is open and not paused. Who joins later gets the coupon at login.',
    'zh-CN':
      '不必等到会员下次登录；与登录发放同时进行，每人只得一张。命令立即返回，发放在后台进行，仅在券可发放且未暂停时推进。' +
      '之后加入的会员在登录时获得。',
  },
  issueRuns: { en: 'List the issue runs of a coupon, newest first', 'zh-CN': '列出优惠券的批量发放任务，最新的在前' },
  issueRun: { en: 'Show an issue run with its books', 'zh-CN': '查看批量发放任务及其账目' },
  pause: { en: 'Pause an issue run; logins still bring the coupon', 'zh-CN': '暂停批量发放；登录时仍会发放' },
  resume: { en: 'Let an issue run go on from where it was', 'zh-CN': '从暂停处继续批量发放' },
  cancel: {
    en: 'Cancel an issue run for good; what it gave stays given',
    'zh-CN': '永久取消批量发放；已发放的不受影响',
  },
  recall: { en: 'Take back all grants of a coupon that are not redeemed', 'zh-CN': '召回某券全部未核销的券' },
  recallDetails: {
    en:
      'Ends the coupon. What an order has locked stays with it: paid, it is redeemed; released, it is revoked. Cannot be ' +
      'undone, and so asks for --yes.',
    'zh-CN': '同时结束该券。订单已锁定的券仍归该订单：支付则核销，释放则收回。无法撤销，因此需要 --yes。',
  },
  recallCannotBeUndone: { en: 'A recall cannot be undone.', 'zh-CN': '召回无法撤销。' },
  run: { en: 'number of the issue run', 'zh-CN': '批量发放任务编号' },
  started: {
    en: (id: number) => `Issue run ${id} has begun.`,
    'zh-CN': (id: number) => `批量发放任务 ${id} 已开始。`,
  } satisfies Phrase<[number]>,
  moved: {
    pause: {
      en: (id: number) => `Issue run ${id} is paused.`,
      'zh-CN': (id: number) => `批量发放任务 ${id} 已暂停。`,
    } satisfies Phrase<[number]>,
    resume: {
      en: (id: number) => `Issue run ${id} goes on.`,
      'zh-CN': (id: number) => `批量发放任务 ${id} 继续进行。`,
    } satisfies Phrase<[number]>,
    cancel: {
      en: (id: number) => `Issue run ${id} is cancelled.`,
      'zh-CN': (id: number) => `批量发放任务 ${id} 已取消。`,
    } satisfies Phrase<[number]>,
  },
  recalled: {
    en: (count: string) => `${count} grants are revoked.`,
    'zh-CN': (count: string) => `已收回 ${count} 张券。`,
  } satisfies Phrase<[string]>,
  fieldRun: { en: 'run', 'zh-CN': '任务' },
  fieldCoupon: { en: 'coupon', 'zh-CN': '优惠券' },
  fieldState: { en: 'state', 'zh-CN': '状态' },
  fieldTargeted: { en: 'targeted', 'zh-CN': '应发' },
  fieldGranted: { en: 'granted', 'zh-CN': '已发' },
  fieldAlreadyHeld: { en: 'had it already', 'zh-CN': '此前已有' },
  fieldWithoutStock: { en: 'without stock', 'zh-CN': '库存不足' },
  fieldRemaining: { en: 'remaining', 'zh-CN': '未处理' },
  fieldStarted: { en: 'started', 'zh-CN': '开始' },
  fieldEnded: { en: 'ended', 'zh-CN': '结束' },
  bySweep: { en: 'before the close', 'zh-CN': '结束前补发' },
  waiting: { en: 'waits for its coupon', 'zh-CN': '等待券可发放' },
  states: {
    running: { en: 'running', 'zh-CN': '进行中' },
    paused: { en: 'paused', 'zh-CN': '已暂停' },
    completed: { en: 'completed', 'zh-CN': '已完成' },
    cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
    cutOff: { en: 'cut off: its coupon ended first', 'zh-CN': '因券结束而中止' },
  },
} as const;
