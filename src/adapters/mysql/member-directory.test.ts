import { memberDirectoryConformance } from '../../../test/conformance/member-directory.js';
import { DIRECTORY_MEMBERS, insertDirectoryMembers } from '../../../test/support/directory-members.js';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';
import { storeMemberDirectory } from '../../membership/store-member-directory.js';

describeMysql('member directory over MySQL', () => {
  memberDirectoryConformance('members in MySQL', async (population) => {
    const { store, clock, remove } = await temporaryMysqlStore();
    if (population === 'some') await insertDirectoryMembers(store);
    return {
      directory: storeMemberDirectory({ store, clock }),
      members: population === 'some' ? DIRECTORY_MEMBERS : [],
      close: remove,
    };
  });
});
