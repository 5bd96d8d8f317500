/** The embedded engine: everything in one data folder, held by one process. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import { lockFolder, type FolderLock } from '../adapters/sqlite/folder-lock.js';
import { registerCommitMetrics } from '../adapters/stored/commit-metrics.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import { prepareDataFolder } from '../adapters/system/data-folder.js';
import { refuseMoved } from '../adapters/system/move-mark.js';
import { rejectFolder } from '../adapters/system/reject-folder.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { createProvider } from '../adapters/vendors/create-provider.js';
import { DomainError } from '../core/errors.js';
import { reportAudit, type AuditReport } from '../ledger/audit.js';
import type { NodeRecord } from '../nodes/node-repository.js';
import { subjectHasher } from '../membership/suppression.js';
import { startEngine, type Engine, type EngineNode } from './engine.js';
import { keepSubjectKey } from './kept-secrets.js';
import { unsubscribeUrlOf, type NodeOptions } from './node-options.js';

/** The embedded store inside a data folder. */
const STORE_FILE = 'fanfare.db';

export type { FolderLock };

/**
 * Holds a folder for this process, without opening an engine in it.
 * @throws DomainError `DATA_FOLDER_LOCKED` naming the process that holds it.
 */
export const holdFolder = (folder: string): FolderLock => lockFolder(folder);

/**
 * Opens a data folder and starts to work on what is in it.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `DATA_FOLDER_MOVED`, `STORE_TOO_NEW`,
 *   `STORE_CORRUPT`, `INVALID_CONFIG`, `DELIVERY_MODE_REFUSED`; then nothing is left open.
 */
export async function openEmbedded(options: NodeOptions): Promise<EngineNode> {
  const { config, readSecret, onEvent } = options;
  prepareDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  const clock = systemClock;
  const random = systemRandom;
  const nodeId = `${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`;
  const startedAt = clock.now();
  let store: SqliteStore | undefined;
  try {
    refuseMoved(config.dataFolder);
    const onCommit = options.registry === undefined ? undefined : registerCommitMetrics(options.registry);
    store = new SqliteStore({ file: join(config.dataFolder, STORE_FILE), clock, onEvent, onCommit });
    const engine = await startEngine(config.channels, {
      store,
      clock,
      random,
      pacer: new MemoryPacer(clock),
      rejects: rejectFolder(join(config.dataFolder, 'rejects')),
      owner: nodeId,
      makeProvider: (channel, vendor, keys) =>
        createProvider(channel, vendor, { clock, keys, readSecret, onEvent, unsubscribeUrl: unsubscribeUrlOf(config) }),
      onEvent,
      incoming: config.events?.incoming,
    });
    return {
      ...engine,
      listNodes: () => Promise.resolve([onlyNode(engine, { nodeId, startedAt, version: options.version })]),
      announceLeaving: () => Promise.resolve(), // nobody else is there
      close: async (drainMs) => {
        const unanswered = await engine.close(drainMs);
        lock.release();
        return unanswered;
      },
    };
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}

/** The process itself: whoever asks it sees it working. */
function onlyNode(
  { roles, pushers, clock }: Engine,
  {
    nodeId,
    startedAt,
    version = 'unknown',
  }: Pick<NodeRecord, 'nodeId' | 'startedAt'> & { version?: string | undefined },
): NodeRecord {
  return {
    nodeId,
    host: hostname(),
    version,
    roles: [...roles],
    channels: [...pushers.keys()],
    startedAt,
    isPaceShared: false,
    isLeaving: false,
    seenAt: clock.now(),
    silentMs: 0,
    leasedBuckets: [...pushers.values()].reduce((sum, pusher) => sum + pusher.stats().heldBuckets, 0),
  };
}

/**
 * Audits a data folder that nobody serves; at most `limit` differences are named, all are counted.
 * @throws DomainError `DATA_FOLDER_UNUSABLE` when it holds no data, `DATA_FOLDER_LOCKED`, `STORE_TOO_NEW`,
 *   `STORE_CORRUPT`; the signal's reason once it has aborted.
 */
export async function auditFolder(
  folder: string,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<AuditReport> {
  const file = storeFileIn(folder);
  const lock = lockFolder(folder);
  try {
    const store = new SqliteStore({ file, clock: systemClock });
    try {
      const hashSubject = subjectHasher(await keepSubjectKey(store, systemRandom));
      return await reportAudit({ store, clock: systemClock, hashSubject }, { limit, signal, checksStructure: true });
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}

/** @throws DomainError `DATA_FOLDER_UNUSABLE` when the folder holds no data. */
export function storeFileIn(folder: string): string {
  const file = join(folder, STORE_FILE);
  if (existsSync(file)) return file;
  throw new DomainError(
    'DATA_FOLDER_UNUSABLE',
    `The folder ${folder} holds no data of Fanfare; name another with --data.`,
    { folder },
  );
}
