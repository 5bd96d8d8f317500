import type { Migration } from './migration.js';

export const access: readonly Migration[] = [
  {
    number: 6,
    name: 'api-key',
    level: 1,
    // Keys of programs that call the API. The secret itself is shown once and never stored.
    sql: `
      CREATE TABLE IF NOT EXISTS api_key (
        key_id       VARCHAR(64) NOT NULL PRIMARY KEY,
        secret_hash  BINARY(32) NOT NULL UNIQUE,
        name         TEXT NOT NULL,
        scopes       TEXT NOT NULL CHECK (JSON_VALID(scopes)),
        created_at   BIGINT NOT NULL,
        created_by   VARCHAR(255) NOT NULL,
        expires_at   BIGINT,
        last_used_at BIGINT,
        revoked_at   BIGINT
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
  {
    number: 7,
    name: 'idempotency-key',
    level: 1,
    // First answers by Idempotency-Key; a row commits with the effect it answers for.
    sql: `
      CREATE TABLE IF NOT EXISTS idempotency_key (
        scope        VARCHAR(190) NOT NULL,
        \`key\`        VARCHAR(255) NOT NULL,
        request_hash BINARY(32) NOT NULL,
        answer       MEDIUMTEXT NOT NULL CHECK (JSON_VALID(answer)),
        kept_at      BIGINT NOT NULL,
        PRIMARY KEY (scope, \`key\`),
        INDEX idempotency_key_by_time (kept_at)
      ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  },
];
