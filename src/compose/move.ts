/**
 * Moving a data folder into the database of a cluster.
 *
 *   new ─► audited ─► marked ─► begun ─► copied ─► audited there ─► marked as moved ─► open to nodes
 *             │         (folder)  (database)               │            (folder)         (database)
 *             └─ differs: refused, nothing changed         └─ differs: refused, no node may start
 *
 * From the folder's mark on no server works on the folder; before the last step no node works on the database: at no
 * moment can both send. Each arrow is durable, so that the same call goes on wherever the last one was killed. The
 * folder's mark and the database bear the same random id, which ties one to the other.
 */
import { MysqlStore } from '../adapters/mysql/mysql-store.js';
import { lockFolder } from '../adapters/sqlite/folder-lock.js';
import { openMoveSource } from '../adapters/sqlite/move-source.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import {
  folderMoved,
  readMoveMark,
  removeMoveMark,
  writeMoveMark,
  type MoveMark,
} from '../adapters/system/move-mark.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { DomainError } from '../core/errors.js';
import type { AuditSummary } from '../ledger/audit/audit-difference.js';
import { reportAudit } from '../ledger/audit.js';
import { subjectHasher } from '../membership/suppression.js';
import { copyParts } from '../move/copy-parts.js';
import type { MoveSource } from '../move/move-ports.js';
import { storeFileIn } from './embedded.js';
import type { EngineStore } from './engine-tx.js';
import { keepSubjectKey } from './kept-secrets.js';

export interface MoveOptions {
  readonly folder: string;
  /** `mysql://user:password@host:port/database` */
  readonly url: string;
  readonly signal: AbortSignal;
  /** Rows that are committed at once, at most; as the copy thinks best where left out. */
  readonly sliceRows?: number;
  readonly onProgress: (progress: MoveProgress) => void;
}

export type MoveProgress =
  | { readonly step: 'auditFolder' | 'auditDatabase' }
  | { readonly step: 'copy'; readonly rows: number; readonly totalRows: number };

export interface MoveReport {
  /** Host, port and database. */
  readonly to: string;
  /** Rows in the database that came from the folder; those that this run has copied. */
  readonly rows: number;
  readonly rowsNow: number;
  readonly copyMs: number;
  /** What the last audit looked at; null where an earlier run has finished the move. */
  readonly audited: AuditSummary | null;
}

/**
 * Moves, goes on with a move, or says that it is done.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `DATA_FOLDER_MOVED` (to another database),
 *   `DATABASE_NOT_EMPTY`, `BOOKS_DIFFER`, `INVALID_CONFIG`, `STORE_UNAVAILABLE`, `STORE_TOO_NEW`, `STORE_CORRUPT`;
 *   the signal's reason once it has aborted. The same call goes on later.
 */
export async function moveFolder(options: MoveOptions): Promise<MoveReport> {
  const file = storeFileIn(options.folder);
  const lock = lockFolder(options.folder);
  try {
    const target = await MysqlStore.open({ url: options.url, clock: systemClock });
    try {
      return await move(target, file, options);
    } finally {
      await target.close();
    }
  } finally {
    lock.release();
  }
}

async function move(target: MysqlStore, file: string, options: MoveOptions): Promise<MoveReport> {
  const { folder, signal, sliceRows, onProgress } = options;
  const to = placeOf(options.url);
  const mark = await begin(target, file, { ...options, to });
  const source = openMoveSource(file);
  try {
    const rows = source.parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
    if (await isFinished(target)) {
      writeMoveMark(folder, { ...mark, state: 'moved' });
      return { to, rows, rowsNow: 0, copyMs: 0, audited: null };
    }
    const startedMs = systemClock.monotonicMs();
    const onCopied = (done: number): void => {
      onProgress({ step: 'copy', rows: done, totalRows: rows });
    };
    const rowsNow = await copyParts({ source, store: target, signal, sliceRows, onCopied });
    const copyMs = systemClock.monotonicMs() - startedMs;
    onProgress({ step: 'auditDatabase' });
    const audited = await audit(target, `the database ${to}`, signal);
    await finish(target, source, { folder, mark });
    return { to, rows, rowsNow, copyMs, audited };
  } finally {
    source.close();
  }
}

/** Answers the folder's mark, once the database is that of its move. */
async function begin(
  target: MysqlStore,
  file: string,
  { folder, to, signal, onProgress }: MoveOptions & { readonly to: string },
): Promise<MoveMark> {
  const mark = readMoveMark(folder);
  const found = await target.read((tx) => tx.moveIn.find());
  if (mark !== undefined) {
    if (found === undefined ? mark.to !== to || mark.state === 'moved' : found.moveId !== mark.moveId) {
      throw folderMoved(folder, mark);
    }
    await claim(target, mark, to);
    return mark;
  }
  await refuseFilled(target, to, undefined);
  onProgress({ step: 'auditFolder' });
  await settleFolder(file, folder, signal);
  const moveId = Buffer.from(systemRandom.bytes(16)).toString('hex');
  const fresh: MoveMark = { moveId, state: 'moving', to };
  writeMoveMark(folder, fresh);
  try {
    await claim(target, fresh, to);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'DATABASE_NOT_EMPTY') removeMoveMark(folder);
    throw error;
  }
  return fresh;
}

/**
 * A node enters its own row before it looks for a move, and a move its row before it looks for nodes: of a move and a
 * node that start at once, one at least sees the other.
 */
async function claim(target: MysqlStore, { moveId }: MoveMark, to: string): Promise<void> {
  const found = await target.read((tx) => tx.moveIn.find());
  if (found === undefined) await beginAlone(target, moveId, to);
  else if (found.moveId !== moveId) await refuseFilled(target, to, moveId); // it came while the folder was audited
  if ((await target.read((tx) => tx.moveIn.copied())).size > 0) return;
  try {
    await refuseFilled(target, to, moveId);
  } catch (error) {
    await target.transaction((tx) => tx.moveIn.withdraw(moveId));
    throw error;
  }
}

async function beginAlone(target: MysqlStore, moveId: string, to: string): Promise<void> {
  try {
    await target.transaction((tx) => tx.moveIn.begin(moveId, systemClock.now()));
  } catch (error) {
    const found = await target.read((tx) => tx.moveIn.find());
    if (found !== undefined && found.moveId !== moveId) await refuseFilled(target, to, moveId); // met the key of another
    throw error;
  }
}

async function refuseFilled(target: MysqlStore, to: string, ownMoveId: string | undefined): Promise<void> {
  const found = await target.read((tx) => tx.moveIn.find());
  const filled = await target.read((tx) => tx.moveIn.filledTables());
  const tables = found === undefined || found.moveId === ownMoveId ? filled : ['move_in', ...filled];
  if (tables.length === 0) return;
  const [first = '', ...others] = tables;
  throw new DomainError(
    'DATABASE_NOT_EMPTY',
    `The database ${to} is not empty: ${first}${others.length === 0 ? '' : ` and ${others.length} other tables`} of it have rows. Name an empty one; no node may have started over it.`,
    { to, tables: tables.slice(0, 10).join(', ') },
  );
}

/** Brings the folder to this program's schema, ends the leases of whoever served it, and audits it. */
async function settleFolder(file: string, folder: string, signal: AbortSignal): Promise<void> {
  const store = new SqliteStore({ file, clock: systemClock });
  try {
    await store.transaction((tx) => tx.ledger.endAllLeases(systemClock.now()));
    await audit(store, `the folder ${folder}`, signal);
  } finally {
    await store.close();
  }
}

async function audit(store: EngineStore, side: string, signal: AbortSignal): Promise<AuditSummary> {
  const hashSubject = subjectHasher(await keepSubjectKey(store, systemRandom));
  const { differences, summary } = await reportAudit({ store, clock: systemClock, hashSubject }, { limit: 1, signal });
  const [first] = differences;
  if (first === undefined) return summary;
  const words = `${first.kind}, ${first.what}: expected ${first.expected}, found ${first.found}`;
  throw new DomainError(
    'BOOKS_DIFFER',
    `The audit of ${side} finds ${summary.differences} differences (${words}); the move stops here. See them all by fanfare audit.`,
    { side, differences: summary.differences, first: words },
  );
}

async function finish(
  target: MysqlStore,
  { lastTermId }: MoveSource,
  { folder, mark }: { readonly folder: string; readonly mark: MoveMark },
): Promise<void> {
  writeMoveMark(folder, { ...mark, state: 'moved' });
  await target.transaction((tx) => tx.moveIn.finish({ moveId: mark.moveId, lastTermId, at: systemClock.now() }));
}

const isFinished = async (target: MysqlStore): Promise<boolean> =>
  ((await target.read((tx) => tx.moveIn.find()))?.finishedAt ?? null) !== null;

function placeOf(url: string): string {
  const { host, pathname } = new URL(url); // the store has opened it
  return `${host}${pathname}`;
}
