import type { Registry } from 'prom-client';
import type { Config } from '../config.js';
import type { ReadSecret } from '../settings/secret.js';
import type { EngineEvent } from './engine-event.js';

export interface NodeOptions {
  readonly config: Pick<Config, 'dataFolder' | 'channels'> & Partial<Pick<Config, 'server' | 'cluster' | 'events'>>;
  /** Reads what the configuration names as a secret. */
  readonly readSecret: ReadSecret;
  /** Of this program, as other nodes see it. */
  readonly version?: string | undefined;
  /** Gets the figures of the store and the servers. */
  readonly registry?: Registry | undefined;
  readonly onEvent: (event: EngineEvent) => void;
}

/** Where members reach the page behind the links of mails; undefined when nobody outside can. */
export function unsubscribeUrlOf({ server }: NodeOptions['config']): string | undefined {
  return server?.publicUrl === undefined ? undefined : new URL('/unsubscribe', server.publicUrl).href;
}
