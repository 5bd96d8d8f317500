import { membershipConformance } from '../../../test/conformance/membership.js';
import { membershipOver } from '../../../test/support/membership.js';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';

describeMysql('membership over MySQL', () => {
  membershipConformance('MySQL', async () => {
    const { store, clock, remove } = await temporaryMysqlStore();
    return membershipOver({ store, clock, emptyLog: () => store.truncate(), remove });
  });
});
