import { SECOND_MS } from '../core/time.js';

/** Limits of the HTTP edge. Defaults suit a server that people and a few programs use. */
export interface HttpSettings {
  /** Names by which the server may be called, beside IP addresses and localhost. */
  readonly allowedHosts: readonly string[];
  /** True: every route but the public ones asks for an API key, on loopback too. */
  readonly areKeysRequired: boolean;
  /** Largest JSON body. */
  readonly maxBodyBytes: number;
  /** All headers of a request together. */
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly maxConnections: number;
  /** Time for the headers of a request to arrive. */
  readonly headersTimeoutMs: number;
  /** Time for a JSON body to arrive; uploads only have to keep moving. */
  readonly bodyTimeoutMs: number;
  /** A connection without any traffic for so long is closed. */
  readonly idleTimeoutMs: number;
  /** Event streams open at once. */
  readonly maxStreams: number;
  /** An event stream that has nothing to say says so this often; below `idleTimeoutMs`. */
  readonly heartbeatMs: number;
}

export const DEFAULT_HTTP_SETTINGS: HttpSettings = {
  allowedHosts: [],
  areKeysRequired: false,
  maxBodyBytes: 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaderCount: 100,
  maxConnections: 2_000,
  headersTimeoutMs: 10 * SECOND_MS,
  bodyTimeoutMs: 30 * SECOND_MS,
  idleTimeoutMs: 120 * SECOND_MS,
  maxStreams: 200,
  heartbeatMs: 15 * SECOND_MS,
};
