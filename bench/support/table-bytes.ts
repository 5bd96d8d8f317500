/** What tables of MySQL take on disk, indexes included, as its own statistics say just after they were made anew. */
import { createConnection, type Connection } from 'mysql2/promise';
import { figureOf, type Figure } from '../figure.js';

export interface MeasuredTables {
  readonly tables: readonly string[];
  /** That they hold, campaigns counted apart. */
  readonly members: number;
}

const SIZE = `
  SELECT CAST(SUM(data_length + index_length) AS DOUBLE) AS bytes FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name IN (?)`;

/** Of these tables together. */
export async function tableBytes(url: string, tables: readonly string[]): Promise<number> {
  const connection = await createConnection({ uri: url });
  try {
    return await bytesOf(connection, tables);
  } finally {
    await connection.end();
  }
}

/** A figure each, in bytes per member. */
export async function tableFigures(
  url: string,
  measured: Readonly<Record<string, MeasuredTables>>,
): Promise<readonly Figure[]> {
  const connection = await createConnection({ uri: url });
  try {
    const figures: Figure[] = [];
    for (const [name, { tables, members }] of Object.entries(measured)) {
      figures.push(figureOf(name, 'bytes/member', [(await bytesOf(connection, tables)) / members]));
    }
    return figures;
  } finally {
    await connection.end();
  }
}

async function bytesOf(connection: Connection, tables: readonly string[]): Promise<number> {
  await connection.query(`ANALYZE TABLE ${tables.join(', ')}`);
  const [rows] = await connection.query(SIZE, [tables]);
  const [row] = rows as { readonly bytes: number }[]; // the column of SIZE
  return row?.bytes ?? Number.NaN;
}
