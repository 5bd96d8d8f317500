import { escapeJson } from '../../../message/escape.js';
import { createRenderer, type Piece, type Renderer } from '../../../message/renderer.js';
import { parseTemplate, type KnownFields, type TemplateField } from '../../../message/template.js';
import { piecesOfField, REQUEST_FIELDS, type FieldValues } from './vendor-fields.js';

/**
 * A JSON document whose strings are templates, flattened into text and fields. Keys and everything that is not a
 * string stand as they are. One string may be the mark where the members of a batch go.
 */
export type JsonTemplatePart = string | TemplateField | typeof ITEMS;

export const ITEMS = Symbol('items');
const ITEMS_MARK = '{{items}}';
const MAX_TEMPLATE_BYTES = 65_536;

/** @throws DomainError `INVALID_TEMPLATE` when a string names a field that is not known there. */
export function parseJsonTemplate(
  document: unknown,
  where: string,
  knownFields: KnownFields,
): readonly JsonTemplatePart[] {
  const rules = { maxBytes: MAX_TEMPLATE_BYTES, isSingleLine: false, knownFields };
  const parts: JsonTemplatePart[] = [];
  const visit = (node: unknown, path: string): void => {
    if (Array.isArray(node)) {
      parts.push('[');
      node.forEach((child: unknown, index) => {
        if (index > 0) parts.push(',');
        visit(child, `${path}[${index}]`);
      });
      parts.push(']');
    } else if (typeof node === 'object' && node !== null) {
      parts.push('{');
      Object.entries(node).forEach(([key, child], index) => {
        parts.push(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
        visit(child, `${path}.${key}`);
      });
      parts.push('}');
    } else if (node === ITEMS_MARK) {
      parts.push('[', ITEMS, ']');
    } else if (typeof node === 'string') {
      const { segments } = parseTemplate(node, { ...rules, part: path });
      const [only] = segments;
      if (segments.length === 1 && typeof only === 'object' && isNumber(only)) parts.push(only);
      else parts.push('"', ...segments.map((part) => (typeof part === 'string' ? escapeJson(part) : part)), '"');
    } else {
      parts.push(JSON.stringify(node));
    }
  };
  visit(document, where);
  return parts;
}

const isNumber = (field: TemplateField): boolean => REQUEST_FIELDS.some((name) => name === field.name);

/** The document as a renderer, with the values that are the same for all put in. */
export function compileJsonTemplate(parts: readonly JsonTemplatePart[], values: FieldValues): Renderer {
  const pieces = parts.flatMap((part): readonly Piece[] => {
    if (part === ITEMS) return [];
    return typeof part === 'string' ? [part] : piecesOfField(part, values, escapeJson);
  });
  return createRenderer(pieces);
}
