import type { ApiKey } from '../../access/api-key-repository.js';
import { SCOPES } from '../../access/scope.js';
import { epochMs } from '../../core/time.js';

export interface ApiKeyRow {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

export const toApiKeyRow = (key: ApiKey): ApiKeyRow => ({
  key_id: key.id,
  name: key.name,
  scopes: JSON.stringify(key.scopes),
  created_at: key.createdAt,
  created_by: key.createdBy,
  expires_at: key.expiresAt ?? null,
  last_used_at: key.lastUsedAt ?? null,
  revoked_at: key.revokedAt ?? null,
});

export function fromApiKeyRow(row: ApiKeyRow): ApiKey {
  const stored = JSON.parse(row.scopes) as readonly string[]; // written by toApiKeyRow; unknown ones grant nothing
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
