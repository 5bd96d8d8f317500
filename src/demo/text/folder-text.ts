/** What can be wrong with the demo's surroundings. */
import type { Wording } from '../../cli/wording.js';

export const FOLDER_TEXT = {
  unusable: (path: string, reason: string): Wording => ({
    en: `The data folder ${path} cannot be used (${reason}); name a folder that you may write to with --data.`,
    'zh-CN': `数据目录 ${path} 无法使用（${reason}）；请用 --data 指定一个可写的目录。`,
  }),
  notOurs: (path: string): Wording => ({
    en: `The folder ${path} holds files that are not the demo's; name an empty or new folder with --data.`,
    'zh-CN': `目录 ${path} 中有不属于演示程序的文件；请用 --data 指定一个空目录或新目录。`,
  }),
  locked: (path: string, owner: string): Wording => ({
    en: `The data folder ${path} is in use by another demo (${owner}); stop it, or name another folder with --data.`,
    'zh-CN': `数据目录 ${path} 正被另一个演示程序使用（${owner}）；请先停止它，或用 --data 指定其他目录。`,
  }),
  badState: (file: string, path: string): Wording => ({
    en: `${file} cannot be read as the demo wrote it; remove the folder ${path} to begin again, or name another with --data.`,
    'zh-CN': `${file} 不是演示程序写下的内容；请删除目录 ${path} 重新开始，或用 --data 指定其他目录。`,
  }),
  portInUse: (port: number): Wording => ({
    en: `Port ${port} of 127.0.0.1 is in use; stop the program that has it, or choose another with --port.`,
    'zh-CN': `127.0.0.1 的端口 ${port} 已被占用；请停止占用它的程序，或用 --port 选择其他端口。`,
  }),
  portNotAllowed: (port: number, reason: string): Wording => ({
    en: `Port ${port} of 127.0.0.1 cannot be used (${reason}); choose another with --port.`,
    'zh-CN': `127.0.0.1 的端口 ${port} 无法使用（${reason}）；请用 --port 选择其他端口。`,
  }),
  otherScenario: (path: string, scenario: string): Wording => ({
    en: `The data folder ${path} plays the scenario "${scenario}"; go on with --scenario ${scenario}, or name another folder with --data.`,
    'zh-CN': `数据目录 ${path} 中是场景“${scenario}”；请用 --scenario ${scenario} 继续，或用 --data 指定其他目录。`,
  }),
  childFailed: (name: string, reason: string): Wording => ({
    en: `${name} did not start: ${reason}`,
    'zh-CN': `${name} 未能启动：${reason}`,
  }),
  childSilent: (name: string, seconds: number): Wording => ({
    en: `${name} was not ready within ${seconds} s.`,
    'zh-CN': `${name} 在 ${seconds} 秒内未就绪。`,
  }),
  serverGone: (log: string): Wording => ({
    en: `The server keeps ending by itself; ${log} says why.`,
    'zh-CN': `服务器反复自行退出；原因见 ${log}。`,
  }),
} as const;
