/**
 * One flipped bit anywhere in the closed file of a store, or its end cut off: what decides who is sent to is either as
 * it was, or the damage is named, by the opening or by the audit.
 */
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf, writeBooks } from '../../test/support/audit-books.js';
import { minutes, reportFigures, size, takeSeed } from '../../test/support/proof.js';
import { temporarySqliteStore } from '../../test/support/temporary-sqlite.js';
import { openReader, openWriter } from '../adapters/sqlite/connection.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import { isDomainError } from '../core/errors.js';
import { SeededRandom } from '../core/seeded-random.js';
import { reportAudit } from './audit.js';

const FLIPS = size(150, 10_000);
const CUTS = size(10, 500);
/** What decides who is sent to, and what was. */
const DECIDING = [
  'SELECT id, member_count, form, members FROM audience_bucket ORDER BY id',
  'SELECT id, member_count, sent_count, failed_count, unknown_count, suppressed_count, cells FROM ledger_bucket ORDER BY id',
  'SELECT block, flags FROM population_flags ORDER BY block',
  'SELECT campaign_id, state, policy, audience_id FROM campaign ORDER BY campaign_id',
];
/** Codes of a start that is refused. */
const REFUSALS = ['STORE_CORRUPT', 'STORE_TOO_NEW', 'DATA_FOLDER_UNUSABLE'];

describe('a store whose file was damaged', () => {
  const template = temporarySqliteStore();
  const { clock } = template;
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-flips-'));
  const file = join(folder, 'fanfare.db');
  const random = new SeededRandom(takeSeed('places of damage'));
  let sound: Buffer;
  let deciding: string;

  beforeAll(async () => {
    await writeBooks(template.store);
    const database = new Database(template.file);
    database.prepare('VACUUM INTO ?').run(file);
    database.close();
    await (await openStore()).close(); // in the mode it is kept in
    sound = readFileSync(file);
    deciding = digest();
  });
  afterAll(async () => {
    await template.remove();
    rmSync(folder, { recursive: true });
  });

  const openStore = async (): Promise<SqliteStore> =>
    new SqliteStore({
      file,
      clock,
      access: {
        openWriter,
        openReader,
        startCopier: () => ({ copy: () => Promise.resolve(undefined), close: () => Promise.resolve() }),
      },
    });

  const digest = (): string => {
    const database = new Database(file, { readonly: true });
    try {
      const hash = createHash('sha256');
      for (const sql of DECIDING) {
        for (const row of database.prepare(sql).raw().iterate() as Iterable<unknown[]>) {
          for (const value of row) hash.update(value instanceof Uint8Array ? value : String(value)).update('|');
        }
      }
      return hash.digest('hex');
    } finally {
      database.close();
    }
  };

  /** Opens and audits the damaged file; `silent` when neither says anything. */
  const look = async (): Promise<'refused' | 'named' | 'silent'> => {
    let store: SqliteStore;
    try {
      store = await openStore();
    } catch (error) {
      expect(isDomainError(error) ? error.code : String(error)).toBeOneOf(REFUSALS);
      return 'refused';
    }
    try {
      const { differences } = await reportAudit(auditOf({ store, clock }), { limit: 1, checksStructure: true });
      return differences.length === 0 ? 'silent' : 'named';
    } finally {
      await store.close();
    }
  };
  const restore = (): void => {
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    if (!readFileSync(file).equals(sound)) writeFileSync(file, sound);
  };

  /** Damages the file, looks, and restores it; answers what was said. */
  const hurt = async (damage: () => void, where: string): Promise<'refused' | 'named' | 'silent'> => {
    damage();
    const said = await look().catch((cause: unknown) => {
      throw new Error(`damage at ${where} was met by something that has no name`, { cause });
    });
    if (said === 'silent') expect(digest(), `silent damage at ${where}`).toBe(deciding);
    restore();
    return said;
  };

  it(
    `says so, or decides as before: ${FLIPS} flipped bits`,
    async () => {
      const counts = { refused: 0, named: 0, silent: 0 };
      for (let flip = 0; flip < FLIPS; flip++) {
        const at = Math.floor(random.next() * sound.length);
        const bit = 1 << Math.floor(random.next() * 8);
        const damage = (): void => {
          const descriptor = openSync(file, 'r+');
          writeSync(descriptor, Buffer.of((sound[at] ?? 0) ^ bit), 0, 1, at);
          closeSync(descriptor);
        };
        counts[await hurt(damage, `byte ${at}, bit ${bit}`)]++;
      }
      expect(counts.named).toBeGreaterThan(0);
      reportFigures('R7', {
        'bits flipped': FLIPS,
        'named by the audit': counts.named,
        'refused at the opening': counts.refused,
        'without effect on who is sent to': counts.silent,
        'used wrongly': 0,
      });
    },
    minutes(10, 39),
  );

  it(
    `says so, or decides as before: ${CUTS} files without their end`,
    async () => {
      const counts = { refused: 0, named: 0, silent: 0 };
      for (let cut = 0; cut < CUTS; cut++) {
        const sizeBytes = 64 * (1 + Math.floor((random.next() * (sound.length - 64)) / 64));
        counts[await hurt(() => writeFileSync(file, sound.subarray(0, sizeBytes)), `a cut to ${sizeBytes}`)]++;
      }
      reportFigures('R7', { 'files cut': CUTS, 'of them refused': counts.refused, 'of them named': counts.named });
    },
    minutes(10, 10),
  );
});
