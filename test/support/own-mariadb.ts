import mysql from 'mysql2/promise';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from './own-redis.js';

/** Why no MariaDB of a test's own can be started here; undefined when one can. In CI that is for the test to fail at. */
export const whyNoOwnMariadb =
  process.env['CI'] === 'true' || spawnSync('mariadbd', ['--version'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'mariadbd is not installed (Debian: apt-get install mariadb-server)';

const READY_MS = 120_000;

/** A MariaDB of a test's own, with its own folder, socket and port, which it may kill and start again. */
export class OwnMariadb {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private child: ChildProcess,
    private readonly settings: readonly string[],
  ) {}

  /** Starts an empty one, with the settings that make a commit durable where `settings` (`--log-bin`) do not say otherwise. */
  static async start(settings: readonly string[] = []): Promise<OwnMariadb> {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-mariadb-'));
    const installed = spawnSync(
      'mariadb-install-db',
      [
        ...['--no-defaults', `--user=${userInfo().username}`, `--datadir=${join(folder, 'data')}`],
        ...['--auth-root-authentication-method=normal', '--skip-test-db'],
      ],
      { encoding: 'utf8' },
    );
    if (installed.error !== undefined) throw new Error('MariaDB is not installed.', { cause: installed.error });
    if (installed.status !== 0) throw new Error(`mariadb-install-db failed: ${installed.stderr}`);
    const port = await freePort();
    const mariadb = new OwnMariadb(folder, port, spawnServer(folder, port, settings), settings);
    await mariadb.answers();
    return mariadb;
  }

  /** An empty database; answers its address. */
  async createDatabase(name: string): Promise<string> {
    await this.ask(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    return `mysql://root@127.0.0.1:${this.port}/${name}`;
  }

  /** Ends it as a fault does: nothing of it is written any more. Safe to call twice. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Resolves once it answers again. */
  async startAgain(): Promise<void> {
    this.child = spawnServer(this.folder, this.port, this.settings);
    await this.answers();
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    await vi.waitFor(
      async () => {
        if (this.child.exitCode !== null)
          throw new Error(`mariadbd ended: ${readFileSync(logOf(this.folder), 'utf8')}`);
        await this.ask('SELECT 1');
      },
      { timeout: READY_MS, interval: 20 },
    );
  }

  /** A statement of a test, such as a setting. */
  async ask(sql: string): Promise<void> {
    const connection = await mysql.createConnection({ host: '127.0.0.1', port: this.port, user: 'root' });
    await connection.query(sql);
    await connection.end();
  }
}

const logOf = (folder: string): string => join(folder, 'log');

const spawnServer = (folder: string, port: number, settings: readonly string[]): ChildProcess =>
  spawn(
    'mariadbd',
    [
      ...['--no-defaults', `--user=${userInfo().username}`, `--datadir=${join(folder, 'data')}`],
      ...[`--socket=${join(folder, 'socket')}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--pid-file=${join(folder, 'pid')}`, `--log-error=${logOf(folder)}`, '--innodb-buffer-pool-size=64M'],
      ...settings,
    ],
    { stdio: 'ignore' },
  );
