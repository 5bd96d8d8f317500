/**
 * The mark of a folder that moves, or has moved, into a database: a file beside the store, because whoever takes a move
 * back must be able to see it and to remove it. From the moment that it stands there no server works on the folder.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { DomainError } from '../../core/errors.js';

const FILE = 'moved.json';

const markSchema = z.strictObject({
  moveId: z.string().regex(/^[0-9a-f]{32}$/),
  state: z.enum(['moving', 'moved']),
  /** Host, port and database, without user and password. */
  to: z.string(),
});

export type MoveMark = Readonly<z.output<typeof markSchema>>;

/** @throws DomainError `DATA_FOLDER_UNUSABLE` for a mark that cannot be read: the folder may have moved. */
export function readMoveMark(folder: string): MoveMark | undefined {
  const file = join(folder, FILE);
  try {
    return markSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new DomainError(
      'DATA_FOLDER_UNUSABLE',
      `The file ${file} says that the folder has moved, and cannot be read; restore it, or remove it if no move was begun.`,
      { folder, reason: FILE },
      { cause },
    );
  }
}

/** Durable when it returns: whole, or as it was before. */
export function writeMoveMark(folder: string, mark: MoveMark): void {
  const file = join(folder, FILE);
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(mark, null, 2)}\n`, { mode: 0o600 });
  sync(fresh);
  renameSync(fresh, file);
  sync(folder);
}

export function removeMoveMark(folder: string): void {
  rmSync(join(folder, FILE));
  sync(folder);
}

/** @throws DomainError `DATA_FOLDER_MOVED` */
export function refuseMoved(folder: string): void {
  const mark = readMoveMark(folder);
  if (mark !== undefined) throw folderMoved(folder, mark);
}

export const folderMoved = (folder: string, { state, to }: MoveMark): DomainError =>
  new DomainError(
    'DATA_FOLDER_MOVED',
    state === 'moved'
      ? `The data of ${folder} has moved to ${to}; start nodes over that database. docs/CLUSTER.md says how to take a move back.`
      : `The data of ${folder} is on its way to ${to}; run the same fanfare move again until it ends. docs/CLUSTER.md says how to take a move back.`,
    { folder, to, state },
  );

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
