import { DomainError } from '../core/errors.js';
import { nearestWord } from '../core/nearest.js';

/**
 * Logic-less templates.
 *
 *   template = { text | "\{{" | "{{" field [ "|" fallback ] "}}" }
 *   field    = "member.name" | "promotion.name" | "member.attributes.city" | ...
 *
 * No conditions, loops, includes or functions: a template can't do anything but put values into text. It is parsed
 * once, in one pass (linear in its length), and what is put in is never parsed again.
 */
export interface Template {
  /** Text and fields in their order; texts are never empty and never neighbours. */
  readonly segments: readonly (string | TemplateField)[];
}

export interface TemplateField {
  /** Full name, as `member.name`. */
  readonly name: string;
  /** Put in where the member has no value; '' when the template gives none. */
  readonly fallback: string;
}

export interface TemplateRules {
  /** What this text is called in errors: `body`, `subject`. */
  readonly part: string;
  readonly maxBytes: number;
  /** Whether the text and every fallback must stay on one line. */
  readonly isSingleLine: boolean;
  readonly knownFields: KnownFields;
}

/** The fields a template may name. */
export interface KnownFields {
  readonly names: readonly string[];
  /** Beginnings after which any name is allowed: `member.attributes.`. */
  readonly prefixes: readonly string[];
}

export const MAX_TEMPLATE_FIELDS = 100;
export const MAX_FALLBACK_LENGTH = 200;

const FIELD_NAME = /^[\p{L}\p{N}_.-]{1,100}$/u;

const LINE_BREAK = /[\u0000\r\n\u0085\u2028\u2029]/;

/**
 * Parses and checks a template.
 * @throws DomainError `INVALID_TEMPLATE` when it is too long, has a brace without its end, too many fields,
 *   or a field that is not known; the message names the nearest known one.
 */
export function parseTemplate(text: string, rules: TemplateRules): Template {
  checkText(text, rules);
  const segments: (string | TemplateField)[] = [];
  let pendingText = '';
  let fieldCount = 0;
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf('{{', position);
    if (open < 0) {
      pendingText += text.slice(position);
      break;
    }
    if (text[open - 1] === '\\' && open > position) {
      pendingText += `${text.slice(position, open - 1)}{{`;
      position = open + 2;
      continue;
    }
    const close = text.indexOf('}}', open + 2);
    if (close < 0) throw unclosed(open, rules);
    if (++fieldCount > MAX_TEMPLATE_FIELDS) throw tooManyFields(rules);
    pendingText += text.slice(position, open);
    if (pendingText !== '') segments.push(pendingText);
    pendingText = '';
    segments.push(parseField(text.slice(open + 2, close), rules));
    position = close + 2;
  }
  if (pendingText !== '') segments.push(pendingText);
  return { segments };
}

/** Names of the fields a template uses, each once. */
export function fieldNames(template: Template): string[] {
  const names = template.segments.flatMap((segment) => (typeof segment === 'string' ? [] : [segment.name]));
  return [...new Set(names)];
}

function checkText(text: string, rules: TemplateRules): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > rules.maxBytes) {
    throw new DomainError(
      'INVALID_TEMPLATE',
      `The ${rules.part} is ${sizeBytes} bytes of UTF-8; ${rules.maxBytes} are allowed.`,
      { part: rules.part, sizeBytes, maxBytes: rules.maxBytes },
    );
  }
  if (rules.isSingleLine && LINE_BREAK.test(text)) {
    throw new DomainError('INVALID_TEMPLATE', `The ${rules.part} holds a line break; write it on one line.`, {
      part: rules.part,
    });
  }
}

function parseField(inside: string, rules: TemplateRules): TemplateField {
  const bar = inside.indexOf('|');
  const name = (bar < 0 ? inside : inside.slice(0, bar)).trim();
  const fallback = bar < 0 ? '' : inside.slice(bar + 1).trim();
  if (fallback.length > MAX_FALLBACK_LENGTH) {
    throw new DomainError(
      'INVALID_TEMPLATE',
      `The fallback of {{${name.slice(0, 100)}}} in the ${rules.part} has ${fallback.length} characters; ` +
        `${MAX_FALLBACK_LENGTH} are allowed.`,
      { part: rules.part, field: name.slice(0, 100), length: fallback.length },
    );
  }
  if (!isKnown(name, rules.knownFields)) throw unknownField(name, rules);
  return { name, fallback };
}

function isKnown(name: string, known: KnownFields): boolean {
  if (!FIELD_NAME.test(name)) return false;
  return (
    known.names.includes(name) ||
    known.prefixes.some((prefix) => name.startsWith(prefix) && name.length > prefix.length)
  );
}

function unknownField(name: string, rules: TemplateRules): DomainError {
  const shown = name.slice(0, 100);
  const known = [...rules.knownFields.names, ...rules.knownFields.prefixes.map((prefix) => `${prefix}NAME`)];
  const nearest =
    nearestWord(shown, known) ??
    nearestWord(
      shown,
      known.map((field) => field.split('.').pop() ?? field),
    );
  const suggestion = known.find((field) => field === nearest || field.endsWith(`.${nearest ?? ''}`));
  return new DomainError(
    'INVALID_TEMPLATE',
    `The ${rules.part} names the field {{${shown}}}, which does not exist; ` +
      (suggestion === undefined ? `known fields: ${known.join(', ')}.` : `did you mean {{${suggestion}}}?`),
    { part: rules.part, field: shown, ...(suggestion === undefined ? { known } : { nearest: suggestion }) },
  );
}

const unclosed = (open: number, rules: TemplateRules): DomainError =>
  new DomainError(
    'INVALID_TEMPLATE',
    `The {{ at character ${open + 1} of the ${rules.part} has no }}; write \\{{ for braces that are text.`,
    { part: rules.part, position: open + 1 },
  );

const tooManyFields = (rules: TemplateRules): DomainError =>
  new DomainError('INVALID_TEMPLATE', `The ${rules.part} uses more than ${MAX_TEMPLATE_FIELDS} fields; use fewer.`, {
    part: rules.part,
    maxFields: MAX_TEMPLATE_FIELDS,
  });
