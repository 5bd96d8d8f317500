/** What an examination of the servers of a cluster says: one finding per setting that a promise rests on. */
import type { Language } from '../../core/language.js';

export type Words = Readonly<Record<Language, string>>;

/** `weaker`: it works, and a promise holds less far, as the meaning says. `broken`: it does not work, or not rightly. */
export const JUDGEMENTS = ['ok', 'weaker', 'broken'] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

export interface Verdict {
  readonly judgement: Judgement;
  /** What the value means for the promises. */
  readonly meaning: Words;
  /** What to set; only where it is not ok. */
  readonly advice?: Words;
}

export interface Finding extends Verdict {
  readonly server: 'mysql' | 'redis' | 'rocketmq';
  /** Host and port, or the name of a broker. */
  readonly where: string;
  readonly setting: string;
  readonly value: string;
}

/** How one setting is judged. */
export interface Rule<Settings> {
  readonly setting: string;
  /** Undefined where this server has no such setting: then nothing is said of it. */
  readonly read: (settings: Settings) => string | undefined;
  readonly judge: (value: string, settings: Settings) => Verdict;
}

export function examine<Settings>(
  rules: readonly Rule<Settings>[],
  settings: Settings,
  { server, where }: Pick<Finding, 'server' | 'where'>,
): readonly Finding[] {
  return rules.flatMap(({ setting, read, judge }): Finding[] => {
    const value = read(settings);
    return value === undefined ? [] : [{ server, where, setting, value, ...judge(value, settings) }];
  });
}

/** A server that was named in the configuration and does not answer. */
export const unreachable = (
  { server, where }: Pick<Finding, 'server' | 'where'>,
  error: unknown,
  meaning: Words,
): Finding => ({
  server,
  where,
  setting: 'connection',
  value: faultWords(error),
  judgement: 'broken',
  meaning,
  advice: { en: 'Start it, or correct its address.', 'zh-CN': '启动该服务器，或更正其地址。' },
});

function faultWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses of one name that all refuse: the error itself has only a code.
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

export const ok = (en: string, zhCn: string): Verdict => ({ judgement: 'ok', meaning: { en, 'zh-CN': zhCn } });

export const weaker = (meaning: Words, advice: Words): Verdict => ({ judgement: 'weaker', meaning, advice });

export const broken = (meaning: Words, advice: Words): Verdict => ({ judgement: 'broken', meaning, advice });

/** `Set NAME = VALUE.` */
export const set = (assignment: string): Words => ({ en: `Set ${assignment}.`, 'zh-CN': `设置 ${assignment}。` });
