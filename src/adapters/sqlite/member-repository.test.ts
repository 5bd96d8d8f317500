import Database from 'better-sqlite3';
import { memberRepositoryConformance } from '../../../test/conformance/member-repository.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';

memberRepositoryConformance('SQLite', async () => {
  const { store, file, remove } = temporarySqliteStore();
  return {
    store,
    spoil: async () => {
      const database = new Database(file);
      database.exec(`
        UPDATE population_block SET member_count = 3;
        UPDATE population_flags SET flags = zeroblob(2000);
        DELETE FROM member_tag_block; DELETE FROM member_address;
        INSERT INTO member_core SELECT 1500, 0, 0, 0, NULL, 0, 0, 3, NULL;
      `);
      database.close();
    },
    close: remove,
  };
});
