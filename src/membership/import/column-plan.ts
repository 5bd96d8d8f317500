import { fieldTarget, keyOfTarget, TARGET_NAMES, type FieldTarget } from './field-target.js';
import { invalidImport, suggestion } from './import-settings.js';
import { isShopifyHeader, SHOPIFY_TARGETS } from './shopify-layout.js';

export interface PlannedColumn {
  readonly index: number;
  readonly name: string;
  readonly target: FieldTarget;
}

/** Which column of a file goes where. */
export interface ColumnPlan {
  readonly layout: 'plain' | 'shopify';
  readonly columnCount: number;
  readonly memberIdIndex: number;
  /** All but the member's id. */
  readonly columns: readonly PlannedColumn[];
  /** Columns that nobody recognised. */
  readonly ignored: readonly string[];
}

/**
 * Plans a CSV file by its header and the map of the settings.
 * @throws DomainError `INVALID_INPUT` for a map that names an unknown field or a column that the file lacks, for two
 *   columns with one target, and for a file without a column for memberId.
 */
export function planColumns(header: readonly string[], map: Readonly<Record<string, string>> = {}): ColumnPlan {
  const names = header.map((name) => name.trim());
  const mapped = targetsOfMap(map, names);
  const layout = isShopifyHeader(names) ? 'shopify' : 'plain';
  const columns: PlannedColumn[] = [];
  const ignored: string[] = [];
  const taken = new Map<string, string>();
  names.forEach((name, index) => {
    const known = layout === 'shopify' ? SHOPIFY_TARGETS.get(name) : fieldTarget(name);
    const target = mapped.has(name) ? mapped.get(name) : known;
    if (target === undefined) {
      if (name !== '') ignored.push(name);
      return;
    }
    const key = keyOfTarget(target);
    const other = taken.get(key);
    if (other !== undefined)
      throw invalidImport(
        other === name
          ? `The file has two columns "${name}"; rename one.`
          : `The columns "${other}" and "${name}" both go to ${key}; leave one out by mapping it to "-".`,
        { key },
      );
    taken.set(key, name);
    columns.push({ index, name, target });
  });
  const memberId = columns.find(({ target }) => target.kind === 'memberId');
  if (memberId === undefined) {
    throw invalidImport(
      `The file has no column for memberId; map one, such as "${names[0] ?? 'id'}=memberId". Its columns: ${names.slice(0, 30).join(', ')}.${names.length === 1 ? ' If these are several, name their delimiter.' : ''}`,
      { columns: names.slice(0, 30) },
    );
  }
  return {
    layout,
    columnCount: names.length,
    memberIdIndex: memberId.index,
    columns: columns.filter(({ target }) => target.kind !== 'memberId'),
    ignored,
  };
}

/** In a map: this column is left out. */
const LEFT_OUT = '-';

/** The targets of a map, undefined for a column to leave out. @throws DomainError `INVALID_INPUT`, naming the nearest known word. */
export function targetsOfMap(
  map: Readonly<Record<string, string>>,
  columns: readonly string[] | undefined,
): ReadonlyMap<string, FieldTarget | undefined> {
  const targets = new Map<string, FieldTarget | undefined>();
  for (const [column, name] of Object.entries(map)) {
    const target = fieldTarget(name);
    if (target === undefined && name !== LEFT_OUT) {
      throw invalidImport(
        `"${name}" is no field of a member${suggestion(name, TARGET_NAMES)} Known: ${TARGET_NAMES.join(', ')}, attributes.KEY.`,
        { field: name },
      );
    }
    if (columns?.includes(column) === false) {
      throw invalidImport(`The file has no column "${column}"${suggestion(column, columns)}`, { column });
    }
    targets.set(column, target);
  }
  return targets;
}
