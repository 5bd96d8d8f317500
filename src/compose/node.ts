import { openClusterNode } from './cluster.js';
import { openEmbedded } from './embedded.js';
import type { EngineNode } from './engine.js';
import type { NodeOptions } from './node-options.js';

/**
 * Opens what a configuration asks for, a data folder or a node of a cluster, and starts to work on what is in it.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `DATA_FOLDER_MOVED`, `STORE_TOO_NEW`,
 *   `STORE_CORRUPT`, `STORE_UNAVAILABLE`, `MOVE_UNFINISHED`, `INVALID_CONFIG`, `DELIVERY_MODE_REFUSED`; then nothing is left open.
 */
export const openNode = (options: NodeOptions): Promise<EngineNode> => {
  const { cluster } = options.config;
  return cluster === undefined ? openEmbedded(options) : openClusterNode(options, cluster);
};
