import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join, relative } from 'node:path';

import { CACHE, ROOT } from '../lib/paths.mjs';

/** The last result of each part, in the repository: full proofs take longer than a machine is at hand. */
const FOLDER = join(ROOT, 'docs', 'proof');
/** A change below these makes every kept result stale; a change of a part's own files makes its own stale. */
const COMMON = ['src', 'test/support', 'package-lock.json'];

/** Where figures of a running part are collected: one JSON object per line. */
export const figuresFile = ({ name }) => join(CACHE, 'prove', `${name}.figures`);

/** Keeps what a finished part found. */
export function keepResult(part, result) {
  mkdirSync(FOLDER, { recursive: true });
  const about = { part: part.name, commit: commit(), machine: machine(), fingerprint: fingerprint(part) };
  writeFileSync(join(FOLDER, `${part.name}.json`), `${JSON.stringify({ ...about, ...result }, null, 2)}\n`);
}

/** What a part found when it last ran, with `isStale`; undefined when it never ran. */
export function keptResult(part) {
  const file = join(FOLDER, `${part.name}.json`);
  if (!existsSync(file)) return undefined;
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  return { ...kept, isStale: kept.fingerprint !== fingerprint(part) };
}

export const machine = () =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;

/** The commit that is checked out; with a plus where files differ from it. */
export function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain', ...COMMON) === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

const common = new Map();

function fingerprint({ tests = [], command = [] }) {
  const own = [...tests, ...command].filter((path) => existsSync(join(ROOT, path)));
  const hash = createHash('sha256').update(JSON.stringify([tests, command]));
  for (const path of COMMON) {
    if (!common.has(path)) common.set(path, contentOf(path));
    hash.update(common.get(path));
  }
  for (const path of own) hash.update(contentOf(path));
  return hash.digest('hex').slice(0, 16);
}

function contentOf(path) {
  const hash = createHash('sha256');
  const full = join(ROOT, path);
  const files = statSync(full).isDirectory()
    ? readdirSync(full, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [full];
  for (const file of files) hash.update(relative(ROOT, file)).update(readFileSync(file));
  return hash.digest();
}
