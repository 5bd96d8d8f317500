import type { FolderFacts } from '../../core/folder-facts.js';
import { selectOne, type MysqlSession } from './session.js';

const READ = 'SELECT value FROM setting WHERE name = ?';
/** Whoever comes second waits for the first and then leaves its value alone. */
const KEEP_FIRST = 'INSERT INTO setting (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = name';

export function createFolderFacts(session: MysqlSession): FolderFacts {
  const read = async (name: string): Promise<Uint8Array | undefined> =>
    (await selectOne<{ readonly value: Buffer }>(session, READ, [name]))?.value;
  return {
    read,
    keepFirst: async (name, value) => {
      await session.execute(KEEP_FIRST, [name, value]);
      return (await read(name)) ?? value;
    },
  };
}
