/** A database of one's own on a server that is there: for what is to be gone afterwards. */
import type { RowDataPacket } from 'mysql2/promise';
import { ConnectionPool } from './connection-pool.js';
import { faultCode } from './mysql-errors.js';

/** Everybody who may log in may look into it. */
const ALWAYS_THERE = 'information_schema';

/** Of a large database. */
const DROP_MS = 120_000;

export interface MysqlAnswer {
  readonly version: string;
}

/** Asks the server who it is; otherwise why it does not answer, in the words of driver or server. */
export async function askMysql(serverUrl: string): Promise<MysqlAnswer | { readonly refusal: string }> {
  try {
    const rows = await onServer(serverUrl, 'SELECT VERSION() AS version');
    return { version: String(rows[0]?.['version']) };
  } catch (error) {
    return { refusal: faultCode(error) };
  }
}

/** Creates an empty database as nodes need it; answers its address. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await onServer(serverUrl, `CREATE DATABASE ${identifier(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  return withDatabase(serverUrl, name);
}

/** Safe to repeat. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, `DROP DATABASE IF EXISTS ${identifier(name)}`);
}

async function onServer(serverUrl: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const pool = new ConnectionPool({ url: withDatabase(serverUrl, ALWAYS_THERE), maxConnections: 2 });
  try {
    const rows = await pool.ask<RowDataPacket[]>(sql, [], DROP_MS);
    return Array.isArray(rows) ? rows : []; // a statement without rows answers an object
  } finally {
    await pool.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
