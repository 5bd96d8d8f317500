import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { AccessTx } from './api-key-repository.js';
import { findUsableKey, isLastUseStale, isUsable } from './api-key.js';
import { SCOPES, type Scope } from './scope.js';

/** Who asks, and what it may do. */
export interface Principal {
  /** `key/<id>`, or `local` for whoever reaches a server that asks for no keys. */
  readonly id: string;
  /** For people: recorded as the one who did it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** Whoever reaches a server on loopback that asks for no keys. */
export const LOCAL_PRINCIPAL: Principal = { id: 'local', name: 'local', scopes: SCOPES };

/** Finds out who a secret belongs to. */
export interface Authenticator {
  /** Undefined for a secret that is unknown, expired or revoked. Fails when the store cannot be asked. */
  authenticate(secret: string): Promise<Principal | undefined>;
  /** True when at least one key could be used now. */
  hasUsableKey(): Promise<boolean>;
  /** Resolves when the times of last use are stored. */
  close(): Promise<void>;
}

export class KeyAuthenticator implements Authenticator {
  private readonly store: Store<AccessTx>;
  private readonly clock: Clock;
  private readonly onError: (error: unknown) => void;
  private noting: Promise<void> = Promise.resolve();

  constructor(dependencies: {
    readonly store: Store<AccessTx>;
    readonly clock: Clock;
    /** Told when a time of last use could not be stored; the request itself goes on. */
    readonly onError: (error: unknown) => void;
  }) {
    this.store = dependencies.store;
    this.clock = dependencies.clock;
    this.onError = dependencies.onError;
  }

  async authenticate(secret: string): Promise<Principal | undefined> {
    const now = this.clock.now();
    const key = await this.store.read((tx) => findUsableKey(tx, now, secret));
    if (key === undefined) return undefined;
    if (isLastUseStale(key, now)) {
      this.noting = this.store.transaction((tx) => tx.apiKeys.markUsed(key.id, now)).catch(this.onError);
    }
    return { id: `key/${key.id}`, name: key.name, scopes: key.scopes };
  }

  async hasUsableKey(): Promise<boolean> {
    const keys = await this.store.read((tx) => tx.apiKeys.list());
    return keys.some((key) => isUsable(key, this.clock.now()));
  }

  close(): Promise<void> {
    return this.noting;
  }
}
