import type { ApiKeyRepository } from '../../access/api-key-repository.js';
import { fromApiKeyRow, toApiKeyRow, type ApiKeyRow } from '../stored/api-key-rows.js';
import { selectOne, type MysqlSession } from './session.js';
import { insertText, valuesOf } from './statement-text.js';

const COLUMNS = [
  'key_id',
  'secret_hash',
  'name',
  'scopes',
  'created_at',
  'created_by',
  'expires_at',
  'last_used_at',
  'revoked_at',
] as const satisfies readonly (keyof ApiKeyRow | 'secret_hash')[];

const INSERT = insertText('api_key', COLUMNS);
const FIND = 'SELECT * FROM api_key WHERE key_id = ?';
const FIND_BY_HASH = 'SELECT * FROM api_key WHERE secret_hash = ?';
const LIST = 'SELECT * FROM api_key ORDER BY created_at, key_id';
const MARK_USED = 'UPDATE api_key SET last_used_at = ? WHERE key_id = ?';
const MARK_REVOKED = 'UPDATE api_key SET revoked_at = ? WHERE key_id = ?';

export function createApiKeyRepository(session: MysqlSession): ApiKeyRepository {
  const findBy = async (sql: string, value: string | Uint8Array) => {
    // Inside a transaction it is about to be changed: of two who revoke it the second sees the first.
    const row = await selectOne<ApiKeyRow>(session, sql, [value], { lock: 'change' });
    return row === undefined ? undefined : fromApiKeyRow(row);
  };
  return {
    insert: async (key, secretHash) => {
      await session.execute(INSERT, valuesOf({ ...toApiKeyRow(key), secret_hash: secretHash }, COLUMNS));
    },
    find: (id) => findBy(FIND, id),
    findBySecretHash: (secretHash) => findBy(FIND_BY_HASH, secretHash),
    list: async () => (await session.selectRows<ApiKeyRow>(LIST)).map(fromApiKeyRow),
    markUsed: async (id, at) => {
      await session.execute(MARK_USED, [at, id]);
    },
    markRevoked: async (id, at) => {
      await session.execute(MARK_REVOKED, [at, id]);
    },
  };
}
