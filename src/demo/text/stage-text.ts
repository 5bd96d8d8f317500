/** Words of the stages that every scenario goes through. */
import type { Phrase, Wording } from '../../cli/wording.js';

export const STAGE_TEXT = {
  audience: { en: 'Audience', 'zh-CN': '受众' },
  frozen: {
    en: (campaign, { members, buckets }) =>
      `${campaign}: ${members} members frozen into ${buckets} ${buckets === '1' ? 'bucket' : 'buckets'}`,
    'zh-CN': (campaign, { members, buckets }) => `${campaign}：${members} 名会员已冻结为 ${buckets} 个分桶`,
  } satisfies Phrase<[string, { members: string; buckets: string }]>,
  push: { en: 'First push', 'zh-CN': '首次推送' },
  firstPush: {
    en: (campaign, channel) => `${campaign}: first members handed over (${channel}), counted from the launch`,
    'zh-CN': (campaign, channel) => `${campaign}：首批会员已提交（${channel}），自启动时起算`,
  } satisfies Phrase<[string, string]>,
  outcomes: { en: 'Last outcome', 'zh-CN': '最后结果' },
  lastOutcome: {
    en: (campaign, outcomes) =>
      `${campaign}: ${outcomes} outcomes, one per member and channel, counted from the launch`,
    'zh-CN': (campaign, outcomes) => `${campaign}：共 ${outcomes} 个结果（每人每渠道一个），自启动时起算`,
  } satisfies Phrase<[string, string]>,
  members: { en: 'Members', 'zh-CN': '会员' },
  membersThere: {
    en: (members) => `${members}, as an earlier start left them`,
    'zh-CN': (members) => `${members} 名，之前已生成`,
  } satisfies Phrase<[string]>,
  membersGenerated: {
    en: (members) => `${members} generated, with levels, consents, addresses and tags as a shop has them`,
    'zh-CN': (members) => `已生成 ${members} 名，等级、同意状态、联系方式和标签的分布接近真实店铺`,
  } satisfies Phrase<[string]>,
  membersSoFar: {
    en: (done, members) => `${done} of ${members} generated`,
    'zh-CN': (done, members) => `已生成 ${done} / ${members} 名`,
  } satisfies Phrase<[string, string]>,
  membersFailed: (detail: string): Wording => ({
    en: `The members could not be generated: ${detail}`,
    'zh-CN': `无法生成会员：${detail}`,
  }),
  vendors: { en: 'Vendors', 'zh-CN': '服务商' },
  vendorsRun: {
    en: ({ sms, app, email }) =>
      `SMS on port ${sms}, app push on ${app}, mail on ${email}: three processes with their own logs`,
    'zh-CN': ({ sms, app, email }) =>
      `短信端口 ${sms}，APP 推送端口 ${app}，邮件端口 ${email}：三个独立进程，各有自己的记录`,
  } satisfies Phrase<[{ sms: number; app: number; email: number }]>,
  server: { en: 'Server', 'zh-CN': '服务器' },
  serverRuns: {
    en: (url, pid) => `${url}, fanfare serve, process ${pid}`,
    'zh-CN': (url, pid) => `${url}，fanfare serve，进程 ${pid}`,
  } satisfies Phrase<[string, number]>,
  restarted: { en: 'Restarted', 'zh-CN': '重新启动' },
  serverDied: {
    en: (pid, how) =>
      `the server, process ${pid}, was ended from outside (${how}); it starts again and goes on where it was`,
    'zh-CN': (pid, how) => `服务器进程 ${pid} 被外部结束（${how}）；正在重新启动并从原处继续`,
  } satisfies Phrase<[number, string]>,
} as const;
