import type { Language } from '../core/language.js';

/**
 * The language of this run: `--lang` where it stands among the arguments, else the locale of the environment, else
 * English. An unknown `--lang` is refused later, by the parser, like any other bad value.
 */
export function chooseLanguage(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  systemLocale: string,
): Language {
  return languageOf(givenLanguage(argv)) ?? languageOf(environmentLocale(environment) ?? systemLocale) ?? 'en';
}

/** `zh`, `zh_CN.UTF-8` and the like are Chinese, any other name of a locale is English; undefined for no name. */
function languageOf(locale: string | undefined): Language | undefined {
  if (locale === undefined || locale === '') return undefined;
  return /^zh(?:$|[-_.@])/i.test(locale) ? 'zh-CN' : 'en';
}

function givenLanguage(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const joined = options.find((argument) => argument.startsWith('--lang='));
  if (joined !== undefined) return joined.slice('--lang='.length);
  const at = options.indexOf('--lang');
  return at < 0 ? undefined : options[at + 1];
}

/** The order of POSIX: the first of these that is set counts. */
function environmentLocale(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return [environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']].find(
    (locale) => locale !== undefined && locale !== '',
  );
}
