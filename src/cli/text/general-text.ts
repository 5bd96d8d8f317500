/** Words of the whole command line: titles of the help, options that every command takes, how things end. */
import type { Phrase, Wording } from '../wording.js';

/** Titles that the help writes, as the parser's library names them. */
export const HELP_TITLES: Readonly<Record<string, Wording>> = {
  'Usage:': { en: 'Usage:', 'zh-CN': '用法：' },
  'Arguments:': { en: 'Arguments:', 'zh-CN': '参数：' },
  'Options:': { en: 'Options:', 'zh-CN': '选项：' },
  'Global Options:': { en: 'Options of every command:', 'zh-CN': '通用选项：' },
  'Commands:': { en: 'Commands:', 'zh-CN': '命令：' },
  'Examples:': { en: 'Examples:', 'zh-CN': '示例：' },
};

export const GENERAL_TEXT = {
  program: {
    en: 'Tell every member about a promotion, and prove who got what.',
    'zh-CN': '把促销告诉每一位会员，并能证明谁收到了什么。',
  },
  environment: {
    en:
      'Environment: FANFARE_URL (server), FANFARE_API_KEY (key), FANFARE_OPERATOR (who is recorded; the system user ' +
      'otherwise), NO_COLOR. Results go to stdout, progress to stderr.\n' +
      'Exit codes: 0 done, 1 refused or a difference found, 2 wrong command line, 3 no server, 4 not allowed, ' +
      '5 try again later, 130 ended by Ctrl-C.',
    'zh-CN':
      '环境变量：FANFARE_URL（服务器）、FANFARE_API_KEY（密钥）、FANFARE_OPERATOR（记录的操作人，默认为系统用户）、' +
      'NO_COLOR。结果写到标准输出，进度写到标准错误。\n' +
      '退出码：0 完成，1 被拒绝或发现差异，2 命令写错，3 连不上服务器，4 没有权限，5 请稍后再试，130 被 Ctrl-C 结束。',
  },
  help: { en: 'show this help', 'zh-CN': '显示帮助' },
  version: { en: 'show the version', 'zh-CN': '显示版本' },
  optionUrl: {
    en: 'address of the server (or FANFARE_URL; http://127.0.0.1:7070 otherwise)',
    'zh-CN': '服务器地址（也可用 FANFARE_URL；默认 http://127.0.0.1:7070）',
  },
  optionApiKeyFile: {
    en: 'file that holds the API key (or FANFARE_API_KEY)',
    'zh-CN': '存放 API 密钥的文件（也可用 FANFARE_API_KEY）',
  },
  optionJson: { en: 'results and errors as JSON', 'zh-CN': '以 JSON 输出结果和错误' },
  optionLang: {
    en: 'language of texts: en or zh-CN (by the locale otherwise)',
    'zh-CN': '文字语言：en 或 zh-CN（默认按系统区域）',
  },
  next: { en: 'Next:', 'zh-CN': '下一步：' },
  more: {
    en: (line: string) => `There is more: ${line}`,
    'zh-CN': (line: string) => `还有更多：${line}`,
  } satisfies Phrase<[string]>,
  nothing: { en: 'None.', 'zh-CN': '无。' },
  none: { en: '—', 'zh-CN': '—' },
} as const;

export const FAILURE_TEXT = {
  prefix: { en: 'fanfare: ', 'zh-CN': 'fanfare：' },
  seeHelp: {
    en: (line: string) => `Run "${line} --help" to see what it takes.`,
    'zh-CN': (line: string) => `运行 "${line} --help" 查看用法。`,
  } satisfies Phrase<[string]>,
  down: {
    en: (url: string) =>
      `No Fanfare server answers at ${url}. Start one with "fanfare serve", or name another with --url.`,
    'zh-CN': (url: string) => `${url} 没有 Fanfare 服务器响应。请用 "fanfare serve" 启动，或用 --url 指定其他地址。`,
  } satisfies Phrase<[string]>,
  broken: {
    en: (url: string) =>
      `The connection to ${url} was lost before the answer came. Look at what was done before you run the command again.`,
    'zh-CN': (url: string) => `与 ${url} 的连接在收到回答之前中断。请先查看已完成的部分，再重新运行命令。`,
  } satisfies Phrase<[string]>,
  stranger: {
    en: (url: string) => `What answers at ${url} is no Fanfare server of this version. Check --url or FANFARE_URL.`,
    'zh-CN': (url: string) => `${url} 的响应不是本版本的 Fanfare 服务器。请检查 --url 或 FANFARE_URL。`,
  } satisfies Phrase<[string]>,
  badUrl: (value: string): Wording => ({
    en: `The server's address must be a URL such as http://127.0.0.1:7070, without user or password, not "${value}".`,
    'zh-CN': `服务器地址应为 http://127.0.0.1:7070 这样的网址，不含用户名和密码，不能是“${value}”。`,
  }),
  keyFile: (file: string): Wording => ({
    en: `The API key file ${file} cannot be read or is empty.`,
    'zh-CN': `API 密钥文件 ${file} 无法读取或为空。`,
  }),
  badKey: {
    en: 'The API key is not one line of visible characters. Check FANFARE_API_KEY or the key file.',
    'zh-CN': 'API 密钥应为一行可见字符。请检查 FANFARE_API_KEY 或密钥文件。',
  },
  keyInTheClear: {
    en: (url: string) => `The API key travels unencrypted to ${url}; use https:// outside this machine.`,
    'zh-CN': (url: string) => `API 密钥以明文发往 ${url}；在本机之外请使用 https://。`,
  } satisfies Phrase<[string]>,
  file: (file: string, reason: string): Wording => ({
    en: `The file ${file} cannot be read (${reason}).`,
    'zh-CN': `无法读取文件 ${file}（${reason}）。`,
  }),
  fileWrite: (file: string, reason: string): Wording => ({
    en: `The file ${file} cannot be written (${reason}).`,
    'zh-CN': `无法写入文件 ${file}（${reason}）。`,
  }),
  json: (file: string): Wording => ({
    en: `${file} holds no JSON document that can be read.`,
    'zh-CN': `${file} 不是可读的 JSON 文档。`,
  }),
  needsConfirmation: (what: Wording, flag: string): Wording => ({
    en: `${what.en} Give ${flag} to do it.`,
    'zh-CN': `${what['zh-CN']}确定要做时请加 ${flag}。`,
  }),
  interrupted: { en: 'Stopped.', 'zh-CN': '已停止。' },
  defect: {
    en: 'Something went wrong in this program:',
    'zh-CN': '程序内部出错：',
  },
} as const;

/** Refusals of the parser itself, by its library's code; `{0}` is what it quotes. */
export const PARSER_TEXT: Readonly<Record<string, Phrase<[string]>>> = {
  'commander.unknownOption': {
    en: (name) => `There is no option ${name} here.`,
    'zh-CN': (name) => `这里没有选项 ${name}。`,
  },
  'commander.unknownCommand': {
    en: (name) => `There is no command ${name}.`,
    'zh-CN': (name) => `没有命令 ${name}。`,
  },
  'commander.missingArgument': {
    en: (name) => `The argument <${name}> is missing.`,
    'zh-CN': (name) => `缺少参数 <${name}>。`,
  },
  'commander.optionMissingArgument': {
    en: (name) => `The option ${name} needs a value.`,
    'zh-CN': (name) => `选项 ${name} 需要一个值。`,
  },
  'commander.excessArguments': {
    en: () => 'There are more arguments than the command takes.',
    'zh-CN': () => '参数太多。',
  },
};

/** To who gave a filter as an argument. */
export const FILTER_BY_WHERE: Wording = {
  en: " A filter is given by --where 'FILTER'.",
  'zh-CN': "筛选条件用 --where '条件' 给出。",
};

export const DID_YOU_MEAN: Phrase<[string]> = {
  en: (nearest) => ` Did you mean ${nearest}?`,
  'zh-CN': (nearest) => `是否想写 ${nearest}？`,
};
