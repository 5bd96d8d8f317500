/** Columns that are not called the same in every dialect, for statements of tests. */
export type ColumnNames = Readonly<Record<'{event.key}' | '{group.cursor}', string>>;

export const withNames = (sql: string, names: ColumnNames): string =>
  Object.entries(names).reduce((text, [name, column]) => text.replaceAll(name, column), sql);
