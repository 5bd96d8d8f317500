/** What the demo's options are for, and what is wrong with them. */
import type { Phrase, Wording } from '../../cli/wording.js';

export const OPTION_TEXT = {
  help: {
    en: (scenarios) => `npm run demo -- [options]

Does the main job of Fanfare in front of you, on this machine alone: a data folder with a million generated members, a
server, an SMS vendor, an app-push vendor and a mail server as processes of their own; a promotion, two campaigns, and
books that are compared with what the vendors say.

  --members N        members of a new data folder, 1 to 10,000,000 (1,000,000)
  --once             end when all is done: exit code 0 when books and vendors agree, 1 and what is wrong when not
  --data DIR         data folder (./demo-data); a second start goes on from what is there
  --port N           port of the server on 127.0.0.1, 0 for any free one (7070)
  --scenario NAME    what to play (promotion)
  --lang LANG        en or zh-CN (by the locale)
  -h, --help         show this

Scenarios: ${scenarios}
`,
    'zh-CN': (scenarios) => `npm run demo -- [选项]

在本机上演示 Fanfare 的主要工作：生成一百万会员的数据目录，启动服务器，以及各自独立进程的短信服务商、APP 推送服务商和
邮件服务器；创建一个促销和两个推送活动，最后把账目与服务商自己的记录逐一核对。

  --members N        新数据目录的会员数，1 到 10,000,000（默认 1,000,000）
  --once             完成后自动结束：账目与服务商一致时退出码为 0，否则为 1 并说明差异
  --data DIR         数据目录（默认 ./demo-data）；再次启动会从已有的数据继续
  --port N           服务器在 127.0.0.1 上的端口，0 表示任意空闲端口（默认 7070）
  --scenario NAME    演示场景（默认 promotion）
  --lang LANG        en 或 zh-CN（默认按系统区域）
  -h, --help         显示本帮助

场景：${scenarios}
`,
  } satisfies Phrase<[scenarios: string]>,
  positional: (text: string): Wording => ({
    en: `The demo takes options only, not "${text}"; see --help.`,
    'zh-CN': `演示程序只接受选项，不能写“${text}”；见 --help。`,
  }),
  unknown: (name: string, nearest: string | undefined): Wording => ({
    en: `There is no option ${name}${nearest === undefined ? '' : `; did you mean ${nearest}?`} See --help.`,
    'zh-CN': `没有选项 ${name}${nearest === undefined ? '' : `，是否想写 ${nearest}？`} 见 --help。`,
  }),
  valueMissing: (name: string): Wording => ({ en: `${name} needs a value.`, 'zh-CN': `${name} 需要一个值。` }),
  valueGiven: (name: string): Wording => ({ en: `${name} takes no value.`, 'zh-CN': `${name} 不带值。` }),
  lang: (text: string): Wording => ({
    en: `--lang is en or zh-CN, not "${text}".`,
    'zh-CN': `--lang 只能是 en 或 zh-CN，不能是“${text}”。`,
  }),
  members: (text: string): Wording => ({
    en: `--members is a whole number from 1 to 10,000,000, not "${text}".`,
    'zh-CN': `--members 应为 1 到 10,000,000 的整数，不能是“${text}”。`,
  }),
  port: (text: string): Wording => ({
    en: `--port is a whole number from 0 to 65535, not "${text}".`,
    'zh-CN': `--port 应为 0 到 65535 的整数，不能是“${text}”。`,
  }),
  firstPort: (text: string): Wording => ({
    en: `--port is a whole number from 0 to 65534, for the first of two nodes, not "${text}".`,
    'zh-CN': `--port 应为 0 到 65534 的整数（两个节点中的第一个），不能是“${text}”。`,
  }),
  scenario: (name: string, nearest: string | undefined, known: string): Wording => ({
    en: `There is no scenario "${name}"${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}; known: ${known}.`,
    'zh-CN': `没有场景“${name}”${nearest === undefined ? '' : `（是否想写 ${nearest}？）`}；已有场景：${known}。`,
  }),
} as const;
