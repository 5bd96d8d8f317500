import type Database from 'better-sqlite3';
import type { IssueRun } from '../../coupon/issue/issue-run.js';
import type { IssueRunRepository } from '../../coupon/issue/issue-run-repository.js';
import { fromIssueRunRow, toIssueRunRow, type IssueRunRow } from '../stored/issue-run-rows.js';

const INSERT = `
  INSERT INTO coupon_run VALUES (@run_id, @coupon_id, @state, @cause, @audience_id, @cursor_block, @until_block,
    @granted, @already_held, @without_stock, @gone, @left_over, @created_by, @created_at, @ended_at)`;
const UPDATE = `
  UPDATE coupon_run SET state = @state, cursor_block = @cursor_block, granted = @granted, already_held = @already_held,
    without_stock = @without_stock, gone = @gone, left_over = @left_over, ended_at = @ended_at
  WHERE run_id = @run_id`;

export function createIssueRunRepository(database: Database.Database): IssueRunRepository {
  const insert = database.prepare<[IssueRunRow]>(INSERT);
  const update = database.prepare<[IssueRunRow]>(UPDATE);
  const find = database.prepare<[number], IssueRunRow>('SELECT * FROM coupon_run WHERE run_id = ?');
  const ofCoupon = database.prepare<[number, number, number], IssueRunRow>(
    'SELECT * FROM coupon_run WHERE coupon_id = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?',
  );
  const inState = database.prepare<[string], IssueRunRow>('SELECT * FROM coupon_run WHERE state = ? ORDER BY run_id');
  const findOne = (id: number): IssueRun | undefined => {
    const row = find.get(id);
    return row === undefined ? undefined : fromIssueRunRow(row);
  };
  return {
    insert: async (run) => {
      insert.run(toIssueRunRow(run));
    },
    find: async (id) => findOne(id),
    lock: async (id) => findOne(id), // the one writer is the lock
    update: async (run) => {
      update.run(toIssueRunRow(run));
    },
    ofCoupon: async (id, { beforeId = Number.MAX_SAFE_INTEGER, limit }) =>
      ofCoupon.all(id, beforeId, limit).map(fromIssueRunRow),
    inState: async (state) => inState.all(state).map(fromIssueRunRow),
  };
}
