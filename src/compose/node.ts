import { DomainError } from '../core/errors.js';
import { openEmbedded } from './embedded.js';
import type { Engine } from './engine.js';
import type { NodeOptions } from './node-options.js';

/**
 * Opens what a configuration asks for and starts to work on what is in it.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `STORE_TOO_NEW`, `STORE_CORRUPT`, `INVALID_CONFIG`,
 *   `DELIVERY_MODE_REFUSED`; then nothing is left open.
 */
export async function openNode(options: NodeOptions): Promise<Engine> {
  if (options.config.cluster === undefined) return openEmbedded(options);
  throw new DomainError(
    'INVALID_CONFIG',
    'This release cannot serve a cluster: its MySQL store keeps members only. Leave out cluster and FANFARE_MYSQL_URL.',
    { key: 'cluster' },
  );
}
