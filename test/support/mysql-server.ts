import mysql from 'mysql2/promise';

/** The server of the tests; FANFARE_TEST_MYSQL names another, as mysql://root@127.0.0.1:3306. */
export const MYSQL_SERVER = process.env['FANFARE_TEST_MYSQL'] ?? 'mysql://root@127.0.0.1:3306';

/** A connection to no database in particular. */
export const connectToMysql = (): Promise<mysql.Connection> =>
  mysql.createConnection({ uri: `${MYSQL_SERVER}/mysql`, connectTimeout: 2_000, supportBigNumbers: true });

export async function mysqlAnswers(): Promise<boolean> {
  try {
    await (await connectToMysql()).end();
    return true;
  } catch {
    return false;
  }
}
