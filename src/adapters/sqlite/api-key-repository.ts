import type Database from 'better-sqlite3';
import type { ApiKeyRepository } from '../../access/api-key-repository.js';
import { fromApiKeyRow, toApiKeyRow, type ApiKeyRow } from '../stored/api-key-rows.js';

export function createApiKeyRepository(database: Database.Database): ApiKeyRepository {
  const insert = database.prepare<[ApiKeyRow & { readonly secret_hash: Uint8Array }]>(`
    INSERT INTO api_key (key_id, secret_hash, name, scopes, created_at, created_by, expires_at, last_used_at, revoked_at)
    VALUES (@key_id, @secret_hash, @name, @scopes, @created_at, @created_by, @expires_at, @last_used_at, @revoked_at)`);
  const find = database.prepare<[string], ApiKeyRow>('SELECT * FROM api_key WHERE key_id = ?');
  const findByHash = database.prepare<[Uint8Array], ApiKeyRow>('SELECT * FROM api_key WHERE secret_hash = ?');
  const list = database.prepare<[], ApiKeyRow>('SELECT * FROM api_key ORDER BY created_at, key_id');
  const markUsed = database.prepare<[number, string]>('UPDATE api_key SET last_used_at = ? WHERE key_id = ?');
  const markRevoked = database.prepare<[number, string]>('UPDATE api_key SET revoked_at = ? WHERE key_id = ?');

  return {
    insert: async (key, secretHash) => {
      insert.run({ ...toApiKeyRow(key), secret_hash: secretHash });
    },
    find: async (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : fromApiKeyRow(row);
    },
    findBySecretHash: async (secretHash) => {
      const row = findByHash.get(secretHash);
      return row === undefined ? undefined : fromApiKeyRow(row);
    },
    list: async () => list.all().map(fromApiKeyRow),
    markUsed: async (id, at) => {
      markUsed.run(at, id);
    },
    markRevoked: async (id, at) => {
      markRevoked.run(at, id);
    },
  };
}
