import { membershipConformance } from '../../../test/conformance/membership.js';
import { temporaryMysqlMembership } from '../../../test/support/mysql-membership.js';
import { describeMysql } from '../../../test/support/temporary-mysql.js';

describeMysql('membership over MySQL', () => {
  membershipConformance('MySQL', temporaryMysqlMembership);
});
