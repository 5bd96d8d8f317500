import { createHmac, timingSafeEqual } from 'node:crypto';
import { DomainError } from '../core/errors.js';
import { structuredHash } from '../core/structured-hash.js';

const MAC_BYTES = 12;

/**
 * Page cursors: opaque, and good only for the list and filters they were made for. A cursor that was changed, or made
 * for another list, is refused, so a position is never read as something it is not.
 */
export class CursorCodec {
  private readonly secret: Uint8Array;

  /** `secret` may serve other uses as well: a key of its own is derived from it. */
  constructor(secret: Uint8Array) {
    this.secret = createHmac('sha256', secret).update('fanfare cursor 1').digest();
  }

  /** `list` names the route and everything that filters it. */
  write(list: readonly string[], position: string | number): string {
    const text = Buffer.from(JSON.stringify(position));
    return Buffer.concat([this.macOf(list, text), text]).toString('base64url');
  }

  /** @throws DomainError `INVALID_CURSOR`. */
  read(list: readonly string[], cursor: string): string | number {
    const bytes = Buffer.from(cursor, 'base64url');
    const text = bytes.subarray(MAC_BYTES);
    const isOurs =
      bytes.length > MAC_BYTES &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.macOf(list, text));
    if (isOurs) return JSON.parse(text.toString()) as string | number; // written by us: the MAC says so
    throw new DomainError(
      'INVALID_CURSOR',
      'The cursor belongs to another list or was changed; start from the first page.',
    );
  }

  /** Position of a cursor of numbers; undefined without a cursor. */
  readNumber(list: readonly string[], cursor: string | undefined): number | undefined {
    return cursor === undefined ? undefined : Number(this.read(list, cursor));
  }

  private macOf(list: readonly string[], text: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(structuredHash(list)).update(text).digest().subarray(0, MAC_BYTES);
  }
}

/**
 * A page out of `limit + 1` rows that were read: the cursor is there when the last row was.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  render: { readonly item: (row: Row) => Item; readonly cursorAfter: (row: Row) => string },
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(render.item),
    nextCursor: rows.length > limit && last !== undefined ? render.cursorAfter(last) : null,
  };
}
