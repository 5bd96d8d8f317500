import type Database from 'better-sqlite3';
import type { ApiKey, ApiKeyRepository } from '../../access/api-key-repository.js';
import { SCOPES } from '../../access/scope.js';
import { epochMs } from '../../core/time.js';

interface Row {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

export function createApiKeyRepository(database: Database.Database): ApiKeyRepository {
  const insert = database.prepare<[Row & { readonly secret_hash: Uint8Array }]>(`
    INSERT INTO api_key (key_id, secret_hash, name, scopes, created_at, created_by, expires_at, last_used_at, revoked_at)
    VALUES (@key_id, @secret_hash, @name, @scopes, @created_at, @created_by, @expires_at, @last_used_at, @revoked_at)`);
  const find = database.prepare<[string], Row>('SELECT * FROM api_key WHERE key_id = ?');
  const findByHash = database.prepare<[Uint8Array], Row>('SELECT * FROM api_key WHERE secret_hash = ?');
  const list = database.prepare<[], Row>('SELECT * FROM api_key ORDER BY created_at, key_id');
  const markUsed = database.prepare<[number, string]>('UPDATE api_key SET last_used_at = ? WHERE key_id = ?');
  const markRevoked = database.prepare<[number, string]>('UPDATE api_key SET revoked_at = ? WHERE key_id = ?');

  return {
    insert: async (key, secretHash) => {
      insert.run({ ...toRow(key), secret_hash: secretHash });
    },
    find: async (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : fromRow(row);
    },
    findBySecretHash: async (secretHash) => {
      const row = findByHash.get(secretHash);
      return row === undefined ? undefined : fromRow(row);
    },
    list: async () => list.all().map(fromRow),
    markUsed: async (id, at) => {
      markUsed.run(at, id);
    },
    markRevoked: async (id, at) => {
      markRevoked.run(at, id);
    },
  };
}

const toRow = (key: ApiKey): Row => ({
  key_id: key.id,
  name: key.name,
  scopes: JSON.stringify(key.scopes),
  created_at: key.createdAt,
  created_by: key.createdBy,
  expires_at: key.expiresAt ?? null,
  last_used_at: key.lastUsedAt ?? null,
  revoked_at: key.revokedAt ?? null,
});

function fromRow(row: Row): ApiKey {
  const stored = JSON.parse(row.scopes) as readonly string[]; // written by toRow; unknown ones grant nothing
  return {
    id: row.key_id,
    name: row.name,
    scopes: SCOPES.filter((scope) => stored.includes(scope)),
    createdAt: epochMs(row.created_at),
    createdBy: row.created_by,
    expiresAt: row.expires_at === null ? undefined : epochMs(row.expires_at),
    lastUsedAt: row.last_used_at === null ? undefined : epochMs(row.last_used_at),
    revokedAt: row.revoked_at === null ? undefined : epochMs(row.revoked_at),
  };
}
