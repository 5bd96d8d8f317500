import { storeConformance } from '../../../test/conformance/store.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../../test/support/temporary-mysql.js';
import { systemClock } from '../system/system-clock.js';
import { MysqlStore } from './mysql-store.js';

const STRAY_BODIES =
  'a body that waits holds up nobody else here; the server ends its transaction after 5 s of silence';

describeMysql('MySQL', () => {
  storeConformance('MySQL', { stopsStrayBodies: STRAY_BODIES }, () => {
    let database: TemporaryDatabase | undefined;
    return {
      open: async ({ isSerial } = { isSerial: false }) => {
        database ??= await temporaryDatabase();
        return MysqlStore.open({ url: database.url, clock: systemClock, ...(isSerial ? { maxTransactions: 1 } : {}) });
      },
      remove: async () => {
        await database?.drop();
      },
    };
  });
});
