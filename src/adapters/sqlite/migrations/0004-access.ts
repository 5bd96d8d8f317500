import type { Migration } from './migration.js';

export const access: Migration = {
  number: 4,
  name: 'access',
  sql: `
    -- Keys of programs that call the API. The secret itself is shown once and never stored.
    CREATE TABLE api_key (
      key_id       TEXT PRIMARY KEY,
      secret_hash  BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
      name         TEXT NOT NULL,
      scopes       TEXT NOT NULL CHECK (json_valid(scopes)),
      created_at   INTEGER NOT NULL,
      created_by   TEXT NOT NULL,
      expires_at   INTEGER,
      last_used_at INTEGER,
      revoked_at   INTEGER
    ) STRICT, WITHOUT ROWID;

    -- First answers by Idempotency-Key; a row commits with the effect it answers for.
    CREATE TABLE idempotency_key (
      scope        TEXT NOT NULL,
      key          TEXT NOT NULL,
      request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
      answer       TEXT NOT NULL CHECK (json_valid(answer)),
      kept_at      INTEGER NOT NULL,
      PRIMARY KEY (scope, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotency_key_by_time ON idempotency_key (kept_at);
  `,
};
