import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that parts need beside Node: how to see that one is there, and the Debian package that brings it. */
export const TOOLS = {
  strace: { isThere: () => answers('strace', '--version'), debian: 'strace' },
  xfs: { isThere: () => answers('mkfs.xfs', '-V') && answers('xfs_io', '-V'), debian: 'xfsprogs' },
  unshare: { isThere: () => answers('unshare', '--version'), debian: 'util-linux' },
  faketime: {
    isThere: () => answers('faketime', '--version') || existsSync('/usr/lib/x86_64-linux-gnu/faketime'),
    debian: 'faketime',
  },
};

const isRoot = () => process.getuid?.() === 0;

/** Installs what is missing where we may; answers why `part` cannot run here, or undefined. */
export function whyNot({ tools = [], needsRoot = false }) {
  if (needsRoot && !isRoot()) return 'it mounts file systems or shapes traffic, which needs root';
  const missing = tools.filter((tool) => !TOOLS[tool].isThere());
  if (missing.length === 0) return undefined;
  const packages = missing.map((tool) => TOOLS[tool].debian);
  if (isRoot() && answers('apt-get', '--version')) {
    run('apt-get', 'update', '-qq');
    run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages);
  }
  const stillMissing = missing.filter((tool) => !TOOLS[tool].isThere());
  if (stillMissing.length === 0) return undefined;
  return `${stillMissing.join(' and ')} is not installed (Debian: apt-get install ${packages.join(' ')})`;
}

const answers = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const run = (command, ...args) => spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
