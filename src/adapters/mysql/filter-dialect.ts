import { DummyDriver, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler, sql, type SqlBool } from 'kysely';
import type { FilterDialect, Operator } from '../stored/filter-compiler.js';

const OPERATOR = { '>=': sql`>=`, '>': sql`>`, '<=': sql`<=`, '<': sql`<` } as const satisfies Record<
  Operator,
  unknown
>;

/** MariaDB knows two of them, MySQL two more. */
const TYPES = { text: sql`('STRING')`, number: sql`('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER')` } as const;

/**
 * Filters as MySQL and MariaDB both say them. Texts are compared as bytes: a collation would take "a " for "a", and
 * MariaDB compares a JSON value with a text by rules of its own.
 */
export const MYSQL_FILTERS: FilterDialect = {
  kysely: {
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
  isSetAt: (mask, position) => sql<SqlBool>`substring(${mask}, ${position}, 1) = x'01'`,
  isJsonIn: (path, jsonTexts) =>
    sql<SqlBool>`cast(json_extract(p.attributes, ${path}) as binary) in (${sql.join(
      jsonTexts.map((text) => sql`cast(${text} as binary)`),
    )})`,
  isOfType: (path, type) => sql<SqlBool>`json_type(json_extract(p.attributes, ${path})) in ${TYPES[type]}`,
  compare: (path, operator, bound) =>
    typeof bound === 'string'
      ? sql<SqlBool>`cast(json_unquote(json_extract(p.attributes, ${path})) as binary) ${OPERATOR[operator]} cast(${bound} as binary)`
      : sql<SqlBool>`cast(json_extract(p.attributes, ${path}) as double) ${OPERATOR[operator]} ${bound}`,
};
