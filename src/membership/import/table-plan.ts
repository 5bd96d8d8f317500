/**
 * Which columns of a shop's tables go where. One table has a row per member; others are joined to it by a column that
 * holds the member's key. The map names them:
 *
 *   id=memberId   nick=name   create_time=-             columns of the main table
 *   membership_point.member_level=level                a column of a joined table
 *   membership_point.user_account_id=memberId          the column by which that table is joined
 *
 * Columns of the main table that nobody maps go by their names, and its key is the member's id where no column is
 * called so. Of a joined table only what is mapped is read; without a mapping its key is looked for by the usual names.
 */
import { fieldTarget, keyOfTarget, TARGET_NAMES, type FieldTarget } from './field-target.js';
import { invalidImport, suggestion } from './import-settings.js';
import type { ShopColumn, ShopTable } from './shop-tables.js';

export interface TablePlan {
  readonly main: ReadTable;
  readonly joined: readonly ReadTable[];
  /** Columns of the main table that are not read. */
  readonly ignored: readonly string[];
}

export interface ReadTable {
  readonly table: ShopTable;
  /** The column with the member's id. */
  readonly idColumn: string;
  readonly columns: readonly ReadColumn[];
}

export interface ReadColumn {
  readonly column: ShopColumn;
  readonly target: FieldTarget;
  /** The key of an NDJSON line that the import knows the target by. */
  readonly key: string;
}

/** Usual names of a column that points at a member, beside those made of the main table's name. */
const USUAL_KEYS = ['user_account_id', 'account_id', 'member_id', 'membership_id', 'user_id', 'customer_id'];
const LEFT_OUT = '-';

/** The tables that a map names beside the main one. */
export const joinedTables = (map: Readonly<Record<string, string>>, main: ShopTable): readonly string[] => [
  ...new Set(
    Object.keys(map).flatMap((source) => {
      const { table } = splitSource(source, main);
      return table === main.name ? [] : [table];
    }),
  ),
];

/**
 * @throws DomainError `INVALID_INPUT` for a map that names an unknown field or column, for two columns with one target,
 *   for a table without a primary key, and for a joined table whose key cannot be told.
 */
export function planTables(
  main: ShopTable,
  joined: readonly ShopTable[],
  map: Readonly<Record<string, string>>,
): TablePlan {
  if (main.primaryKey.length === 0) {
    throw invalidImport(
      `The table ${main.name} has no primary key, so that it cannot be read page by page; give it one. (A view has none: name its table.)`,
      { table: main.name },
    );
  }
  const taken = new Map<string, string>();
  const mainColumns = planColumns(main, targetsFor(main, map, main), taken);
  const idColumn = mainColumns.find(({ target }) => target.kind === 'memberId')?.column.name ?? soleKey(main);
  return {
    main: { table: main, idColumn, columns: withoutId(mainColumns) },
    joined: joined.map((table) => {
      const columns = planColumns(table, targetsFor(table, map, main), taken);
      const mapped = columns.find(({ target }) => target.kind === 'memberId')?.column.name;
      return { table, idColumn: mapped ?? usualKey(table, main), columns: withoutId(columns) };
    }),
    ignored: main.columns
      .map(({ name }) => name)
      .filter((name) => name !== idColumn && !mainColumns.some(({ column }) => column.name === name)),
  };
}

const withoutId = (columns: readonly ReadColumn[]): readonly ReadColumn[] =>
  columns.filter(({ target }) => target.kind !== 'memberId');

function planColumns(
  table: ShopTable,
  targets: ReadonlyMap<string, FieldTarget>,
  taken: Map<string, string>,
): readonly ReadColumn[] {
  return table.columns.flatMap((column) => {
    const target = targets.get(column.name);
    if (target === undefined) return [];
    const key = keyOfTarget(target);
    const name = `${table.name}.${column.name}`;
    const other = taken.get(key);
    if (other !== undefined && target.kind !== 'memberId') {
      throw invalidImport(
        `The columns "${other}" and "${name}" both go to ${key}; leave one out by mapping it to "-".`,
        { key },
      );
    }
    taken.set(key, name);
    return [{ column, target, key: key.replace(/\.state$/, '') }];
  });
}

/** By column: what the map says, and for the main table what its names say. */
function targetsFor(
  table: ShopTable,
  map: Readonly<Record<string, string>>,
  main: ShopTable,
): ReadonlyMap<string, FieldTarget> {
  const targets = new Map<string, FieldTarget>();
  if (table === main) {
    for (const { name } of main.columns) {
      const target = fieldTarget(name);
      if (target !== undefined) targets.set(name, target);
    }
  }
  const mapped = Object.entries(map).filter(([source]) => splitSource(source, main).table === table.name);
  for (const [source, field] of mapped) {
    const { column } = splitSource(source, main);
    if (!table.columns.some(({ name }) => name === column)) {
      throw invalidImport(
        `The table ${table.name} has no column "${column}"${suggestion(
          column,
          table.columns.map(({ name }) => name),
        )}`,
        { table: table.name, column },
      );
    }
    const target = fieldTarget(field);
    if (target === undefined && field !== LEFT_OUT) {
      throw invalidImport(
        `"${field}" is no field of a member${suggestion(field, TARGET_NAMES)} Known: ${TARGET_NAMES.join(', ')}, attributes.KEY.`,
        { field },
      );
    }
    if (target === undefined) targets.delete(column);
    else targets.set(column, target);
  }
  const isIdMapped = mapped.some(([, field]) => fieldTarget(field)?.kind === 'memberId');
  if (isIdMapped) {
    // The map wins over a column that happens to be called so.
    for (const [column, target] of targets) {
      const isMapped = mapped.some(([source]) => splitSource(source, main).column === column);
      if (target.kind === 'memberId' && !isMapped) targets.delete(column);
    }
  }
  return targets;
}

function splitSource(source: string, main: ShopTable): { readonly table: string; readonly column: string } {
  const dot = source.indexOf('.');
  const isColumn = dot < 0 || main.columns.some(({ name }) => name === source);
  return isColumn
    ? { table: main.name, column: source }
    : { table: source.slice(0, dot), column: source.slice(dot + 1) };
}

function soleKey(main: ShopTable): string {
  const [column, ...others] = main.primaryKey;
  if (column !== undefined && others.length === 0) return column;
  throw invalidImport(
    `The table ${main.name} has no column for memberId, and its key has ${main.primaryKey.length} columns; map one, such as "${column ?? 'id'}=memberId".`,
    { table: main.name },
  );
}

function usualKey(table: ShopTable, main: ShopTable): string {
  const wanted = new Set([`${main.name}_id`, ...USUAL_KEYS].map(plain));
  const found = table.columns.find(({ name }) => wanted.has(plain(name)));
  if (found !== undefined) return found.name;
  const names = table.columns.map(({ name }) => name);
  throw invalidImport(
    `Which column of ${table.name} holds the member's id cannot be told; say it, such as "${table.name}.${names[0] ?? 'id'}=memberId". Its columns: ${names.slice(0, 30).join(', ')}.`,
    { table: table.name },
  );
}

const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');
