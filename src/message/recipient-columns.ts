import { assert } from '../core/assert.js';
import { RECIPIENT_COLUMNS, type RecipientsJson } from '../core/ports/provider.js';
import type { Columns } from './renderer.js';

/** The columns of a chunk as values, for `Renderer.over`; each has one value per member. */
export function parseColumns(recipients: RecipientsJson, memberCount: number): Columns {
  const columns: Record<string, readonly unknown[]> = {};
  for (const name of RECIPIENT_COLUMNS) {
    const json = recipients[name];
    if (json === undefined) continue;
    const values: unknown = JSON.parse(json);
    assert(Array.isArray(values) && values.length === memberCount, `column ${name} has a value per member`);
    columns[name] = values;
  }
  return columns;
}
