import type Database from 'better-sqlite3';
import type { FolderFacts } from '../../core/folder-facts.js';

export function createFolderFacts(database: Database.Database): FolderFacts {
  const read = database.prepare<[string], Uint8Array>('SELECT value FROM setting WHERE name = ?').pluck();
  const keep = database.prepare<[string, Uint8Array]>(
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  return {
    read: async (name) => read.get(name),
    keepFirst: async (name, value) => {
      keep.run(name, value);
      return read.get(name) ?? value;
    },
  };
}
