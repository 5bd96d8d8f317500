/** A real Chromium, where the machine has one or lets us install it. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const INSTALL_MS = 5 * 60_000;

/**
 * Where a Chromium is; undefined when there is none. As root on a Debian it is installed first.
 * @throws Error where CI is set and there is none: a gate that cannot look must not say that all is well.
 */
export function findChromium(): string | undefined {
  const found = onPath() ?? (canInstall() ? install() : undefined);
  if (found === undefined && process.env['CI'] !== undefined) {
    throw new Error(`There is no ${NAMES.join(', ')} on the PATH; install one (Debian: apt-get install chromium).`);
  }
  return found;
}

/** What a test without a browser says of itself. */
export const NO_BROWSER = 'skipped: no Chromium on the PATH and no root to install it with apt-get';

/** The sandbox of Chromium needs a user that is not root. */
export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const canInstall = (): boolean => process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get');

function install(): string | undefined {
  process.stderr.write('installing chromium for the browser tests (apt-get; once)\n');
  const options = { stdio: 'ignore', timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    execFileSync('apt-get', ['update', '-qq'], { ...options, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      ...options,
      stdio: 'ignore',
    });
  } catch {
    return undefined; // no network, or no such package: the same as no browser
  }
  return onPath();
}
