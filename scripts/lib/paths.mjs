import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MODULES = join(ROOT, 'node_modules');
export const DIST = join(ROOT, 'dist');
export const CACHE = join(ROOT, '.cache');
/** Folders that tsc reads, as in tsconfig.json. */
export const SOURCE_FOLDERS = ['src', 'test', 'bench'];
