/** The demo's data folder: a data folder like any other, and beside it what the demo needs of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { prepareDataFolder } from '../adapters/system/data-folder.js';
import { holdFolder, type FolderLock } from '../compose.js';
import { isDomainError } from '../core/errors.js';
import { DemoFailure } from './demo-failure.js';
import { FOLDER_TEXT } from './text/folder-text.js';

const STATE_FILE = 'demo.json';

const stateSchema = z.strictObject({
  /** Members that are generated into the folder. */
  members: z.int().positive(),
  scenario: z.string(),
  vendorPorts: z.record(z.string(), z.int().positive()),
});
export type DemoState = Readonly<z.output<typeof stateSchema>>;

export interface DemoFolder {
  /** Absolute path. */
  readonly path: string;
  /** Logs of the vendors. */
  readonly vendorFolder: string;
  /** What the server said. */
  readonly serverLog: string;
  /** Undefined in a new folder. */
  readonly state: DemoState | undefined;
  save(state: DemoState): void;
  close(): void;
}

/**
 * Opens the folder for this process alone.
 * @throws DemoFailure when it cannot be written to, holds something else, or another demo has it.
 */
export function openDemoFolder(path: string): DemoFolder {
  prepare(path);
  const stateFile = join(path, STATE_FILE);
  if (!existsSync(stateFile) && readdirSync(path).length > 0) throw new DemoFailure(FOLDER_TEXT.notOurs(path));
  const vendorFolder = join(path, 'vendors');
  const lock = hold(path, vendorFolder);
  return {
    path,
    vendorFolder,
    serverLog: join(path, 'server.log'),
    state: readState(stateFile, path),
    save: (state) => {
      writeFileSync(`${stateFile}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${stateFile}.new`, stateFile);
    },
    close: () => lock.release(),
  };
}

function prepare(path: string): void {
  try {
    prepareDataFolder(path);
  } catch (error) {
    if (!isDomainError(error)) throw error;
    throw new DemoFailure(FOLDER_TEXT.unusable(path, String(error.values['reason'])));
  }
}

/** The server holds the data folder itself; two demos meet at the vendors' logs. */
function hold(path: string, vendorFolder: string): FolderLock {
  try {
    mkdirSync(vendorFolder, { recursive: true, mode: 0o700 });
    return holdFolder(vendorFolder);
  } catch (error) {
    if (isDomainError(error, 'DATA_FOLDER_LOCKED')) {
      const { owner } = error.values;
      throw new DemoFailure(FOLDER_TEXT.locked(path, typeof owner === 'string' ? owner : '?'));
    }
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new DemoFailure(FOLDER_TEXT.unusable(path, reason));
  }
}

function readState(file: string, path: string): DemoState | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new DemoFailure(FOLDER_TEXT.badState(file, path));
  }
}
