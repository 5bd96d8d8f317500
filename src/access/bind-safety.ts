import { isIP } from 'node:net';
import { DomainError } from '../core/errors.js';

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(bare) === 4) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost';
}

/**
 * Refuses to serve anybody but this machine without keys.
 * @throws DomainError `API_KEYS_REQUIRED`.
 */
export function checkBindIsSafe(options: {
  readonly host: string;
  readonly areKeysRequired: boolean;
  readonly hasUsableKey: boolean;
}): void {
  if (isLoopback(options.host) && !options.areKeysRequired) return;
  if (options.hasUsableKey) return;
  throw new DomainError(
    'API_KEYS_REQUIRED',
    `The server asks for API keys on ${options.host} and there is none that can be used; ` +
      'start it on 127.0.0.1 once and create one: fanfare keys create first --scopes admin.',
    { host: options.host },
  );
}
