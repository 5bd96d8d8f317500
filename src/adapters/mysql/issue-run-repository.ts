import type { IssueRunId } from '../../core/ids.js';
import type { IssueRun } from '../../coupon/issue/issue-run.js';
import type { IssueRunRepository } from '../../coupon/issue/issue-run-repository.js';
import { fromIssueRunRow, toIssueRunRow, type IssueRunRow } from '../stored/issue-run-rows.js';
import { selectOne, type MysqlSession, type StatementOptions } from './session.js';
import { insertText, updateText, valuesOf } from './statement-text.js';

const FIXED = [
  'run_id',
  'coupon_id',
  'cause',
  'audience_id',
  'until_block',
  'created_by',
  'created_at',
] as const satisfies readonly (keyof IssueRunRow)[];
const CHANGING = [
  'state',
  'cursor_block',
  'granted',
  'already_held',
  'without_stock',
  'gone',
  'left_over',
  'ended_at',
] as const satisfies readonly (keyof IssueRunRow)[];

const INSERT = insertText('coupon_run', [...FIXED, ...CHANGING]);
const UPDATE = updateText('coupon_run', CHANGING, 'run_id = ?');
const FIND = 'SELECT * FROM coupon_run WHERE run_id = ?';
const OF_COUPON = 'SELECT * FROM coupon_run WHERE coupon_id = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?';
const IN_STATE = 'SELECT * FROM coupon_run WHERE state = ? ORDER BY run_id';

export function createIssueRunRepository(session: MysqlSession): IssueRunRepository {
  const find = async (id: IssueRunId, options?: StatementOptions): Promise<IssueRun | undefined> => {
    const row = await selectOne<IssueRunRow>(session, FIND, [id], options);
    return row === undefined ? undefined : fromIssueRunRow(row);
  };
  return {
    insert: async (run) => {
      await session.execute(INSERT, valuesOf(toIssueRunRow(run), [...FIXED, ...CHANGING]));
    },
    find,
    lock: (id) => find(id, { lock: 'change' }),
    update: async (run) => {
      await session.execute(UPDATE, [...valuesOf(toIssueRunRow(run), CHANGING), run.id]);
    },
    ofCoupon: async (id, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      (await session.selectRows<IssueRunRow>(OF_COUPON, [id, beforeId, limit])).map(fromIssueRunRow),
    inState: async (state) => (await session.selectRows<IssueRunRow>(IN_STATE, [state])).map(fromIssueRunRow),
  };
}
