import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian puts libfaketime, by architecture. */
function findLibrary(): string | undefined {
  const roots = existsSync('/usr/lib') ? readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu')) : [];
  return roots.map((root) => `/usr/lib/${root}/faketime/libfaketime.so.1`).find((file) => existsSync(file));
}

const LIBRARY = findLibrary();

/** Why clocks of other processes cannot be set here; undefined when they can. */
export const whyNoFakeTime = LIBRARY === undefined ? 'libfaketime is not installed' : undefined;

/**
 * What `env` starts a program with whose clock begins at a local time of a zone and goes on from there. Not through the
 * program `faketime`, which would stand between us and its end.
 */
export const startingAt = (at: string, zone: string): readonly string[] => [
  `TZ=${zone}`,
  `LD_PRELOAD=${LIBRARY ?? ''}`,
  `FAKETIME=@${at}`,
  'FAKETIME_DONT_FAKE_MONOTONIC=1',
];

/** The wall clock of processes that a test starts; their monotonic clocks go on as they are. */
export class FakeTime {
  private readonly folder = mkdtempSync(join(tmpdir(), 'fanfare-clock-'));
  private readonly file = join(this.folder, 'offset');

  constructor() {
    this.set(0);
  }

  /** What such a process is started with. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Sets their clocks to so many seconds ahead of the machine's, or behind it. Takes effect at once. */
  set(aheadSeconds: number): void {
    writeFileSync(`${this.file}.new`, `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}\n`);
    renameSync(`${this.file}.new`, this.file);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
