/** Texts of statements made from what is written in this folder; values are always bound. */

/** Milliseconds since 1970 by the clock of the database: the one that all nodes are judged by. */
export const DATABASE_NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** `INSERT INTO table (a, b) VALUES (?, ?)`. */
export const insertText = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;

/** `UPDATE table SET a = ?, b = ? WHERE …`. */
export const updateText = (table: string, columns: readonly string[], where: string): string =>
  `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE ${where}`;

/** Values of a row in the order of the columns. */
export const valuesOf = <Row extends object, Column extends keyof Row>(
  row: Row,
  columns: readonly Column[],
): Row[Column][] => columns.map((column) => row[column]);
