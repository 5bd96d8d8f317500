import { DummyDriver, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type SqlBool } from 'kysely';
import type { FilterDialect, Operator } from '../stored/filter-compiler.js';

const OPERATOR = { '>=': sql`>=`, '>': sql`>`, '<=': sql`<=`, '<': sql`<` } as const satisfies Record<
  Operator,
  unknown
>;

/** Filters as SQLite says them: `->` gives a JSON text, `->>` a value of its own type; texts compare by their bytes. */
export const SQLITE_FILTERS: FilterDialect = {
  kysely: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
  isSetAt: (mask, position) => sql<SqlBool>`substr(${mask}, ${position}, 1) = x'01'`,
  isJsonIn: (path, jsonTexts) => sql<SqlBool>`p.attributes -> ${path} in (${sql.join(jsonTexts)})`,
  isOfType: (path, type) =>
    sql<SqlBool>`json_type(p.attributes, ${path}) in ${type === 'text' ? sql`('text')` : sql`('integer', 'real')`}`,
  compare: (path, operator, bound) => sql<SqlBool>`p.attributes ->> ${path} ${OPERATOR[operator]} ${bound}`,
};
