/** `npm run demo:cluster` as its user runs it: what it prints, how it ends, and that nothing of it is left. */
import mysql from 'mysql2/promise';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workerFile } from '../../src/core/worker-file.js';
import { rocketmqSkip } from '../support/rocketmq.js';
import { MYSQL_SERVER } from '../support/mysql-server.js';

const PROGRAM = fileURLToPath(workerFile(new URL('../../src/demo/cluster/x.ts', import.meta.url).href, './main.js'));
const MAX_MS = 600_000;
const reason = rocketmqSkip();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built demo to its end; `onText` sees what it has printed so far. */
function demo(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onText: (text: string, stop: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, '--port', '0', '--lang', 'en', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FANFARE_MYSQL_URL: MYSQL_SERVER, ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    stdout += part.toString('utf8');
    onText(stdout, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString('utf8')));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Everything that a run has said it started or made, and that is still there. */
async function leftoversOf(stdout: string): Promise<readonly string[]> {
  const pids = [...stdout.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
  const folder = /Logs of this run: (\S+)/.exec(stdout)?.[1] ?? '';
  const endpoint = /proxy with broker at \S+:(\d+)/.exec(stdout)?.[1];
  const left = pids.filter(isAlive).map((pid) => `process ${pid}`);
  if (existsSync(folder)) left.push(folder);
  if (endpoint !== undefined && !(await isFree(Number(endpoint)))) left.push(`port ${endpoint}`);
  const database = databaseOf(stdout);
  if (database !== undefined && (await hasDatabase(database))) left.push(database);
  return left;
}

const databaseOf = (stdout: string): string | undefined => /fanfare_demo_[0-9a-f]+/.exec(stdout)?.[0];

async function hasDatabase(name: string): Promise<boolean> {
  const connection = await mysql.createConnection(`${MYSQL_SERVER}/information_schema`);
  try {
    const [rows] = await connection.query('SELECT 1 FROM SCHEMATA WHERE SCHEMA_NAME = ?', [name]);
    return Array.isArray(rows) && rows.length > 0;
  } finally {
    await connection.end();
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => probe.close(resolve));
  return isListening;
}

describe.skipIf(reason !== false)(`npm run demo:cluster${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  it(
    'kills a node halfway, ends with 0 with books as the vendors count, and leaves nothing behind',
    async () => {
      const { code, stdout, stderr } = await demo(['--once', '--members', '6000']);
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/node-2, process \d+, by SIGKILL with half of the SMS done/);
      expect(stdout).toMatch(/node-2 is there again as process \d+/);
      expect(stdout).toContain('Books and vendors agree');
      expect(stdout).toContain('FANFARE_PROMOTION_CREATED was read by the consumer group “shop”');
      expect(stdout).toMatch(/FANFARE_CAMPAIGN_LAUNCHED +2  FANFARE_shop +\d+/);
      expect(sharesAgreeWithBooks(stdout)).toEqual({ sms: true, email: true, app: true });
      expect(await leftoversOf(stdout)).toEqual([]);
    },
    MAX_MS,
  );

  it(
    'stops everything on Ctrl-C in the middle of a campaign',
    async () => {
      const ended = await demo(['--members', '6000'], {}, (text, stop) => {
        if (text.includes('First push')) stop();
      });
      expect(ended.code, ended.stderr).toBe(130);
      expect(ended.stderr).toBe('Stopped; nothing was left running.\n');
      expect(databaseOf(ended.stdout)).toBeDefined();
      expect(await leftoversOf(ended.stdout)).toEqual([]);
    },
    MAX_MS,
  );
});

/** Whether what the vendors counted by node adds up to what their logs hold. */
function sharesAgreeWithBooks(stdout: string): Record<'sms' | 'email' | 'app', boolean> {
  const nodes = lastTwo([...stdout.matchAll(/^ {2}node-\d, \D+\d+ +([\d,]+) +([\d,]+) +([\d,]+) /gm)]);
  const sum = (column: 1 | 2 | 3): number => nodes.reduce((total, row) => total + figure(row[column]), 0);
  const accepted = /vendor's log: accepted +– +([\d,]+) +([\d,]+) +([\d,]+)/.exec(stdout);
  return {
    sms: sum(1) > 0 && sum(1) === figure(accepted?.[1]),
    email: sum(2) > 0 && sum(2) === figure(accepted?.[2]),
    app: sum(3) > 0 && sum(3) === figure(accepted?.[3]),
  };
}

const lastTwo = <Item>(items: readonly Item[]): readonly Item[] => items.slice(-2);
const figure = (text: string | undefined): number => Number((text ?? 'NaN').replaceAll(',', ''));

describe('npm run demo:cluster on a machine that lacks something', () => {
  it(
    'names all that is missing, a line each, before it begins anything',
    async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo; // a listening TCP server has one
      const { code, stdout, stderr } = await demo(['--port', String(Math.min(port, 65_534))], {
        FANFARE_MYSQL_URL: 'mysql://root@127.0.0.1:1/',
        FANFARE_REDIS_URL: 'redis://127.0.0.1:2',
        PATH: '',
      });
      await new Promise((resolve) => taken.close(resolve));
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      const [head, ...lines] = stderr.trimEnd().split('\n');
      expect(head).toBe('demo: The cluster was not started; this is missing:');
      const kinds = lines.map((line) => line.trim().split(/[ :]/)[0]).filter((kind) => kind !== 'Maven'); // fetched before
      expect(kinds).toEqual(['Java', 'MySQL', 'Redis', 'Port']);
      expect(lines.join('\n')).toMatch(
        /openjdk-17-jdk-headless[^]*127\.0\.0\.1:1 [^]*FANFARE_MYSQL_URL[^]*127\.0\.0\.1:2 /,
      );
      expect(lines.at(-1)).toContain(`Port ${Math.min(port, 65_534)} of 127.0.0.1 is in use`);
    },
    MAX_MS,
  );

  it('names options that do not exist', async () => {
    const { code, stderr } = await demo(['--kep']);
    expect(code).toBe(2);
    expect(stderr).toBe('demo: There is no option --kep; did you mean --keep? See --help.\n');
  });
});
