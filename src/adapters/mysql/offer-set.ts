/** One row for all coupons and promotions: its version rises with every change of any, in the same transaction. */
import { selectValue, type MysqlSession } from './session.js';

const RAISE = `
  INSERT INTO coupon_set (id, version) VALUES (1, 1) ON DUPLICATE KEY UPDATE version = version + 1`;
const VERSION = 'SELECT version FROM coupon_set';

export async function raiseOfferSet(session: MysqlSession): Promise<void> {
  await session.execute(RAISE);
}

export const offerSetVersion = async (session: MysqlSession): Promise<number> =>
  (await selectValue<number>(session, VERSION, [])) ?? 0;
