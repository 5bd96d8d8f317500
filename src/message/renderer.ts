import type { ByteWriter } from './byte-writer.js';
import type { Escape } from './escape.js';

/**
 * The fast half of templates: pieces of text with slots, flattened once per message and run per member.
 * Rendering a row is one loop over the slots; nothing is parsed, looked up by name or allocated but the text.
 */
export interface Slot {
  readonly column: string;
  /** Key inside the column's object (the attributes); the value itself when undefined. */
  readonly key?: string | undefined;
  readonly escape: Escape;
  /** Escaped already; put in where the value is null, absent, empty, an object or not finite. */
  readonly fallback: string;
}

export type Piece = string | Slot;

/** Values of one column, by the member's position in the chunk. */
export type ColumnValues = Readonly<Record<number, unknown>>;
export type Columns = Readonly<Record<string, ColumnValues | undefined>>;

/** The text of the member at `row`. */
export type RowRenderer = (row: number) => string;
/** Writes the text of the member at `row`. */
export type RowWriter = (row: number, writer: ByteWriter) => void;

export interface Renderer {
  /** Names of the columns that are read. */
  readonly columns: readonly string[];
  /** A column that is absent reads as null for everybody. */
  over(columns: Columns): RowRenderer;
  /** The same as bytes of UTF-8, for bodies of many members. */
  writeOver(columns: Columns): RowWriter;
}

/** Longer values are cut: no single field can blow up a message. In UTF-16 units. */
export const MAX_VALUE_LENGTH = 1_000;

export function createRenderer(pieces: readonly Piece[]): Renderer {
  const { texts, slots } = flatten(pieces);
  const [first = ''] = texts;
  const firstBytes = Buffer.from(first);
  const parts = slots.map((slot, index) => {
    const after = texts[index + 1] ?? '';
    return { ...slot, after, afterBytes: Buffer.from(after) };
  });
  const bind = (columns: Columns): readonly BoundSlot[] =>
    parts.map((part) => ({ ...part, values: columns[part.column] ?? {} }));
  return {
    columns: [...new Set(slots.map((slot) => slot.column))],
    over(columns) {
      const bound = bind(columns);
      return (row) => {
        let text = first;
        for (const slot of bound) text += slotText(slot, row) + slot.after;
        return text;
      };
    },
    writeOver(columns) {
      const bound = bind(columns);
      return (row, writer) => {
        writer.writeBytes(firstBytes);
        for (const slot of bound) {
          writer.writeText(slotText(slot, row));
          writer.writeBytes(slot.afterBytes);
        }
      };
    },
  };
}

interface BoundSlot extends Slot {
  readonly values: ColumnValues;
  /** Text up to the next slot. */
  readonly after: string;
  readonly afterBytes: Buffer;
}

function slotText({ values, key, escape, fallback }: BoundSlot, row: number): string {
  const value = key === undefined ? values[row] : valueUnder(values[row], key);
  if (typeof value === 'string') {
    if (value === '') return fallback;
    return escape(value.length > MAX_VALUE_LENGTH ? cut(value) : value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : fallback;
  return typeof value === 'boolean' ? String(value) : fallback;
}

/** Never splits a surrogate pair. */
function cut(value: string): string {
  const last = value.charCodeAt(MAX_VALUE_LENGTH - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? MAX_VALUE_LENGTH - 1 : MAX_VALUE_LENGTH);
}

function valueUnder(container: unknown, key: string): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, key)) return undefined;
  return (container as Readonly<Record<string, unknown>>)[key]; // an object that owns the key
}

/** Joins neighbouring texts, so that there is exactly one text before, between and after the slots. */
function flatten(pieces: readonly Piece[]): { readonly texts: readonly string[]; readonly slots: readonly Slot[] } {
  const texts = [''];
  const slots: Slot[] = [];
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      texts[slots.length] = (texts[slots.length] ?? '') + piece;
    } else {
      slots.push(piece);
      texts.push('');
    }
  }
  return { texts, slots };
}
