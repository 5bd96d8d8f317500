/** Kinds of words that members share; stored. */
export const TERM_KIND = { timeZone: 1, locale: 2, tag: 3 } as const;
export type TermKind = (typeof TERM_KIND)[keyof typeof TERM_KIND];

/** The id of an absent time zone or locale. */
export const NO_TERM = 0;
