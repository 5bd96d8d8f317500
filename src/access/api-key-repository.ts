import type { EpochMs } from '../core/time.js';
import type { Scope } from './scope.js';

export interface ApiKey {
  /** Public name of the key; tells nothing about its secret. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  readonly expiresAt: EpochMs | undefined;
  /** To the minute. */
  readonly lastUsedAt: EpochMs | undefined;
  readonly revokedAt: EpochMs | undefined;
}

/** What API keys need of a transaction. */
export interface AccessTx {
  readonly apiKeys: ApiKeyRepository;
}

export interface ApiKeyRepository {
  insert(key: ApiKey, secretHash: Uint8Array): Promise<void>;
  find(id: string): Promise<ApiKey | undefined>;
  findBySecretHash(secretHash: Uint8Array): Promise<ApiKey | undefined>;
  /** All keys, oldest first; they are few. */
  list(): Promise<readonly ApiKey[]>;
  markUsed(id: string, at: EpochMs): Promise<void>;
  markRevoked(id: string, at: EpochMs): Promise<void>;
}
