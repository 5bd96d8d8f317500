import type { EpochMs } from '../core/time.js';
import type { ApiKey } from './api-key.js';

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
