import { memberRepositoryConformance } from '../../../test/conformance/member-repository.js';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';

describeMysql('members over MySQL', () => {
  memberRepositoryConformance('MySQL', async () => {
    const { store, database, remove } = await temporaryMysqlStore();
    return {
      store,
      spoil: async () => {
        await database.query('UPDATE population_block SET member_count = 3');
        await database.query('UPDATE population_flags SET flags = ?', [Buffer.alloc(2_000)]);
        await database.query('DELETE FROM member_tag_block');
        await database.query('DELETE FROM member_address');
        await database.query('INSERT INTO member_core VALUES (1500, 0, 0, 0, NULL, 0, 0, 3, NULL)');
      },
      close: remove,
    };
  });
});
