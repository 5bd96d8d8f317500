/**
 * Escaping by where a value goes. A value is escaped once, when it is put in; the result is never parsed again,
 * so a member named `{{secret}}` stays literal. Every function is linear in the value's length.
 */
export type Escape = (value: string) => string;

export const keepAsIs: Escape = (value) => value;

// C0 controls without TAB and LF, and DEL: they mean nothing in a message and break terminals, logs and vendors.

const TEXT_CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/;

const TEXT_CONTROLS_ALL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Plain text: drops control characters other than TAB and LF. */
export const escapeText: Escape = (value) => (TEXT_CONTROLS.test(value) ? value.replace(TEXT_CONTROLS_ALL, '') : value);

const CONTROLS = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;

const CONTROL_RUNS = /[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g;

/** One header line: each run of control characters and line breaks becomes a space, so a value can't end the line. */
export const escapeHeader: Escape = (value) => (CONTROLS.test(value) ? value.replace(CONTROL_RUNS, ' ') : value);

const HTML_SPECIAL = /[&<>"'`]/;
const HTML_SPECIAL_ALL = /[&<>"'`]/g;
const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** HTML text and quoted attribute values. */
export const escapeHtml: Escape = (value) => {
  const text = escapeText(value);
  return HTML_SPECIAL.test(text) ? text.replace(HTML_SPECIAL_ALL, (found) => HTML_ENTITIES[found] ?? found) : text;
};

const JSON_SPECIAL = /["\\\u0000-\u001f\u007f\u2028\u2029\ud800-\udfff]/;

/** The inside of a JSON string, without its quotes; lone surrogates come out as \\u escapes. */
export const escapeJson: Escape = (value) => (JSON_SPECIAL.test(value) ? JSON.stringify(value).slice(1, -1) : value);

/** One component of a URL. A lone surrogate, which no URL can hold, becomes U+FFFD. */
export const escapeUrl: Escape = (value) =>
  URL_SAFE.test(value)
    ? value
    : encodeURIComponent(value.replace(LONE_SURROGATE, '\ufffd')).replace(URL_LEFT, percentEncode);

const URL_SAFE = /^[A-Za-z0-9_.~-]*$/;
const LONE_SURROGATE = /\p{Surrogate}/gu;
const URL_LEFT = /[!'()*]/g; // encodeURIComponent leaves these; in an HTML attribute or a log they are trouble
const percentEncode = (found: string): string => `%${found.charCodeAt(0).toString(16).toUpperCase()}`;

/** First `inner`, then `outer`: a text inside a JSON string is `chain(escapeText, escapeJson)`. */
export const chain =
  (inner: Escape, outer: Escape): Escape =>
  (value) =>
    outer(inner(value));
