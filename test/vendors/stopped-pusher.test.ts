/**
 * Two pushers as processes on one file; one is stopped for longer than a lease, the other takes over, and the stopped
 * one wakes with answers in its hands. Embedded leases have no time limit, so the test ends them as a store with one
 * would: after a second without a sign of life, raising the token.
 */
import Database from 'better-sqlite3';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { workerFile } from '../../src/core/worker-file.js';
import { reportAudit } from '../../src/ledger/audit.js';
import { auditOf } from '../support/audit-books.js';
import { ManualClock } from '../support/manual-clock.js';
import { MoodyVendor } from '../support/moody-vendor/moody-vendor.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import { addMembers, isCompleted, outcomes, runningCampaign } from '../support/push-rig.js';
import { temporarySqliteStore } from '../support/temporary-sqlite.js';

const ROUNDS = size(3, 200);
const LEASE_MS = 1_000;
const MEMBERS = size(6_000, 400_000);
const MAIN = workerFile(import.meta.url, '../support/pusher-process/pusher-main.js');

class Node {
  refusals = 0;
  private constructor(
    readonly name: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
  ) {}

  static async start(name: string, file: string, port: number): Promise<Node> {
    const child = spawn(process.execPath, [MAIN.pathname, file, name, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const node = new Node(name, child);
    child.stdout.setEncoding('utf8');
    await once(child.stdout, 'data');
    child.stdout.on('data', (text: string) => (node.refusals += text.split('refused').length - 1));
    return node;
  }

  wake(): void {
    this.child.stdin.write('\n');
  }

  standStill(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.goOn();
    this.child.stdin.end();
    await ended;
  }
}

/** Leases of one holder, as a store that knows time ends them; empty when the holder stands inside a transaction. */
function endLeases(file: string, owner: string): readonly number[] {
  const database = new Database(file, { timeout: 500 });
  try {
    return database
      .prepare<[string], { readonly id: number }>(
        `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1,
           due_at = CASE WHEN pending_count > 0 THEN 0 END WHERE lease_owner = ? RETURNING id`,
      )
      .all(owner)
      .map(({ id }) => id);
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return [];
    throw error;
  } finally {
    database.close();
  }
}

/** Whether somebody holds buckets with work left. */
function holdsLeases(file: string, owner: string): boolean {
  const database = new Database(file, { readonly: true });
  try {
    return (
      database
        .prepare<[string], number>('SELECT 1 FROM ledger_bucket WHERE lease_owner = ? AND pending_count > 0 LIMIT 1')
        .pluck()
        .get(owner) !== undefined
    );
  } finally {
    database.close();
  }
}

/** How often in a row the rows that a holder has now were lost. After five times they would be worked on alone. */
function lossesOf(file: string, owner: string): number {
  const database = new Database(file, { readonly: true });
  try {
    const find = database.prepare<[string], { readonly losses: number | null }>(
      'SELECT max(loss_count) AS losses FROM ledger_bucket WHERE lease_owner = ?',
    );
    return find.get(owner)?.losses ?? 0;
  } finally {
    database.close();
  }
}

function areTaken(file: string, ids: readonly number[]): boolean {
  const database = new Database(file, { readonly: true });
  try {
    const find = database.prepare<[number], { readonly free: number }>(
      'SELECT lease_owner IS NULL AND pending_count > 0 AS free FROM ledger_bucket WHERE id = ?',
    );
    return ids.every((id) => find.get(id)?.free === 0);
  } finally {
    database.close();
  }
}

it(
  `outcomes of a pusher that stood still for longer than its lease are refused, ${ROUNDS} times`,
  async () => {
    const temporary = temporarySqliteStore(new ManualClock(new Date(Date.now() - 1_000).toISOString()));
    const { file, folder } = temporary;
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS });
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'] });
    await temporary.store.close();
    const vendor = await MoodyVendor.start(`${folder}/vendor.log`);
    await vendor.script('/keyed/batch', { kind: 'accept' }, { latencyMs: 150 });
    const nodes = [
      await Node.start('first', file, vendor.ports.httpPort),
      await Node.start('second', file, vendor.ports.httpPort),
    ];
    try {
      let refused = 0;
      let insideTransaction = 0;
      for (let round = 0; refused < ROUNDS; round++) {
        const [victim, heir] = round % 2 === 0 ? nodes : nodes.toReversed();
        if (victim === undefined || heir === undefined) throw new Error('there are two nodes');
        await expect.poll(() => holdsLeases(file, victim.name), { timeout: 60_000, interval: 20 }).toBe(true);
        await expect.poll(() => lossesOf(file, victim.name), { timeout: 60_000, interval: 20 }).toBeLessThan(3);
        const { refusals } = victim;
        victim.standStill();
        await after(LEASE_MS); // without a sign of life
        const ended = endLeases(file, victim.name);
        if (ended.length === 0) {
          insideTransaction++;
          expect(insideTransaction).toBeLessThan(ROUNDS + 20);
        } else {
          heir.wake();
          await expect.poll(() => areTaken(file, ended), { timeout: 60_000, interval: 20 }).toBe(true);
        }
        victim.goOn();
        if (ended.length === 0) continue;
        await expect.poll(() => victim.refusals, { timeout: 60_000, interval: 20 }).toBeGreaterThan(refusals);
        refused++;
      }
      await vendor.script('/keyed/batch', { kind: 'accept' });
      const store = new SqliteStore({ file, clock: systemClock });
      await expect.poll(() => isCompleted(store, id), { timeout: size(180_000, 600_000), interval: 100 }).toBe(true);
      for (const node of nodes) await node.stop();
      expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS });
      expect((await reportAudit(auditOf({ store, clock: systemClock }))).differences).toEqual([]);
      await store.close();
      const members = (await vendor.seenSince()).flatMap((request) => request.members);
      const delivered = members.flatMap(([, ordinal, , mark]) => (mark === 'delivered' ? [ordinal] : []));
      const repeated = members.filter(([, , , mark]) => mark === 'repeated').length;
      expect(delivered).toHaveLength(MEMBERS);
      expect(new Set(delivered).size).toBe(MEMBERS);
      expect(repeated, 'or nothing was in flight, and this proves nothing').toBeGreaterThan(0);
      reportFigures('R8', {
        'processes stopped past their lease': refused,
        'late outcomes of theirs refused': refused,
        'members sent again under their key': repeated,
        'members doubled': 0,
      });
    } finally {
      for (const node of nodes) await node.stop();
      await vendor.stop();
      await temporary.remove();
    }
  },
  minutes(10, 38),
);
