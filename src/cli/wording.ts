import type { Language } from '../core/language.js';

/** A text that people read, in every language of the product. */
export type Wording = Readonly<Record<Language, string>>;

/** A text with values in it; `say(PHRASE, value)` picks the language. */
export type Phrase<Values extends readonly unknown[]> = Readonly<Record<Language, (...values: Values) => string>>;

/** Puts texts in the language of this run. */
export interface Say {
  (wording: Wording): string;
  <Values extends readonly unknown[]>(phrase: Phrase<Values>, ...values: Values): string;
}

export function sayIn(language: Language): Say {
  return <Values extends readonly unknown[]>(text: Wording | Phrase<Values>, ...values: Values): string => {
    const chosen = text[language];
    return typeof chosen === 'string' ? chosen : chosen(...values);
  };
}
