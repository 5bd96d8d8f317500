/** A folder that is copied into this database: what has arrived, and whether all of it was checked. */
import { assert } from '../../core/assert.js';
import { epochMs } from '../../core/time.js';
import type { MoveInRepository } from '../../move/move-ports.js';
import { selectOne, selectValue, selectValues, type MysqlSession } from './session.js';

const FIND = 'SELECT move_id, finished_at FROM move_in WHERE id = 1';
/** Of two who begin at once the second meets the key of the first. */
const BEGIN = 'INSERT INTO move_in (id, move_id, started_at) VALUES (1, ?, ?)';
const WITHDRAW = 'DELETE FROM move_in WHERE id = 1 AND move_id = ? AND NOT EXISTS (SELECT 1 FROM move_in_part)';
const FINISH = 'UPDATE move_in SET finished_at = ? WHERE id = 1 AND move_id = ?';

const LAST_TERM = 'SELECT MAX(term_id) FROM member_term';
const ADD_TERM = "INSERT INTO member_term (term_id, kind, term) VALUES (?, 0, '')";
const REMOVE_TERM = 'DELETE FROM member_term WHERE term_id = ?';

const COPIED = 'SELECT name, row_count FROM move_in_part';
const BEGIN_PART = 'INSERT INTO move_in_part (name, row_count) VALUES (?, ?)';
const ADD_TO_PART = 'UPDATE move_in_part SET row_count = row_count + ? WHERE name = ? AND row_count = ?';

/** What every database has that this program has opened. */
const TABLES = `
  SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
    AND table_name NOT IN ('schema_migration', 'schema_lock', 'store_commit', 'suppression_gate', 'move_in')
  ORDER BY table_name`;

interface MoveInRow {
  readonly move_id: string;
  readonly finished_at: number | null;
}

export function createMoveInRepository(session: MysqlSession): MoveInRepository {
  return {
    find: async () => {
      const row = await selectOne<MoveInRow>(session, FIND, []);
      if (row === undefined) return undefined;
      return { moveId: row.move_id, finishedAt: row.finished_at === null ? null : epochMs(row.finished_at) };
    },
    begin: async (moveId, at) => {
      await session.execute(BEGIN, [moveId, at]);
    },
    withdraw: async (moveId) => {
      await session.execute(WITHDRAW, [moveId]);
    },
    finish: async ({ moveId, lastTermId, at }) => {
      const last = (await selectValue<number | null>(session, LAST_TERM, [])) ?? 0;
      if (last < lastTermId) await raiseTermIds(session, lastTermId);
      const finished = await session.execute(FINISH, [at, moveId]);
      assert(finished === 1, 'the move that ends is the one that began');
    },
    filledTables: async () => {
      const filled: string[] = [];
      for (const table of await selectValues<string>(session, TABLES, [])) {
        const name = `\`${table.replaceAll('`', '``')}\``;
        if ((await selectValue(session, `SELECT 1 FROM ${name} LIMIT 1`, [])) !== undefined) filled.push(table);
      }
      return filled;
    },
    copied: async () => new Map(await session.selectArrays<readonly [string, number]>(COPIED)),
    append: async ({ name, into, columns }, from, rows) => {
      if (from === 0) await session.execute(BEGIN_PART, [name, rows.length]);
      else {
        const noted = await session.execute(ADD_TO_PART, [rows.length, name, from]);
        assert(noted === 1, `${from} rows of ${name} are here`);
      }
      await session.execute(insertOf(into, columns, rows), [], { isText: true });
    },
  };
}

/** Rows come as texts that the source has quoted for this server: to bind ten million values costs several times as much. */
function insertOf(table: string, columns: readonly string[], rows: readonly string[]): string {
  const names = columns.map((column) => `\`${column}\``).join(', ');
  return `INSERT INTO ${table} (${names}) VALUES ${rows.join(',')}`;
}

/** The server gives numbers above the highest that a row has ever had. */
async function raiseTermIds(session: MysqlSession, lastTermId: number): Promise<void> {
  await session.execute(ADD_TERM, [lastTermId]);
  await session.execute(REMOVE_TERM, [lastTermId]);
}
