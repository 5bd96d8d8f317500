import type { CodeRepository } from '../../coupon/code/code-repository.js';
import {
  FIND_CODE,
  fromFoundCodeRow,
  fromMakingRow,
  fromUsedCodeRow,
  MAKINGS,
  REMOVE_UNUSED,
  USE_CODE,
  type FoundCodeRow,
  type MakingRow,
  type UsedCodeRow,
} from '../stored/code-rows.js';
import { rowSlices } from './bounded-lists.js';
import { selectOne, type MysqlSession } from './session.js';

const INSERT = 'INSERT INTO coupon_code (hash, coupon_id, made_at) VALUES ?';
/** Relies on coupon_code_by_grant; spelt out, as the rows of grants are. */
const USED = `
  SELECT coupon_id, ordinal, n FROM coupon_code
  WHERE coupon_id = ? AND ordinal >= ? AND (ordinal > ? OR n > ?) ORDER BY ordinal, n LIMIT ?`;

/** Of a row as text. */
const ROW_BYTES = 100;

export function createCodeRepository(session: MysqlSession): CodeRepository {
  return {
    insert: async (codes) => {
      const rows = codes.map(({ hash, couponId, madeAt }) => [hash, couponId, madeAt]);
      for (const slice of rowSlices(rows, () => ROW_BYTES)) await session.execute(INSERT, [slice], { isText: true });
    },
    find: async (hash) => {
      const row = await selectOne<FoundCodeRow>(session, FIND_CODE, [hash]);
      return row === undefined ? undefined : fromFoundCodeRow(row);
    },
    use: async (hash, { ordinal, n, usedAt }) => (await session.execute(USE_CODE, [ordinal, n, usedAt, hash])) === 1,
    usedAfter: async (id, { after, limit }) => {
      const [ordinal, n] = [after?.ordinal ?? -1, after?.n ?? 0];
      return (await session.selectRows<UsedCodeRow>(USED, [id, ordinal, ordinal, n, limit])).map(fromUsedCodeRow);
    },
    makings: async (id, limit, madeAt) => {
      const range = [madeAt ?? 0, madeAt ?? Number.MAX_SAFE_INTEGER] as const;
      return (await session.selectRows<MakingRow>(MAKINGS, [id, ...range, limit])).map(fromMakingRow);
    },
    removeUnused: (id, madeAt) => session.execute(REMOVE_UNUSED, [id, madeAt]),
  };
}
