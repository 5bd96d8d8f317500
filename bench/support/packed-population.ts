/** Who exists and everybody's flags, packed as imports leave them: what a campaign reads that renders nothing. */
import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { consentBit, contactBit } from '../../src/core/channels.js';
import { BLOCK_SIZE } from '../../src/core/ranges.js';
import { SeededRandom } from '../../src/core/seeded-random.js';

const BLOCKS_AT_ONCE = 500;

interface PackedBlock {
  readonly block: number;
  readonly existsBits: Buffer;
  readonly flags: Buffer;
}

/** Into a store that has no members. Rows of members are not read by a campaign that renders nothing. */
export function writePopulation(file: string, members: number): void {
  const database = new Database(file);
  const insertBlock = database.prepare(
    'INSERT INTO population_block (block, member_count, exists_bits) VALUES (?, ?, ?)',
  );
  const insertFlags = database.prepare('INSERT INTO population_flags (block, flags) VALUES (?, ?)');
  database.transaction(() => {
    for (const { block, existsBits, flags } of packedPopulation(members)) {
      insertBlock.run(block, BLOCK_SIZE, existsBits);
      insertFlags.run(block, flags);
    }
  })();
  database.close();
}

/** The same into MySQL. */
export async function writePopulationTo(url: string, members: number): Promise<void> {
  const connection = await createConnection({ uri: url });
  try {
    const rows = [...packedPopulation(members)];
    for (let first = 0; first < rows.length; first += BLOCKS_AT_ONCE) {
      const slice = rows.slice(first, first + BLOCKS_AT_ONCE);
      const exists = slice.map(({ block, existsBits }) => [block, BLOCK_SIZE, existsBits]);
      await connection.query('INSERT INTO population_block (block, member_count, exists_bits) VALUES ?', [exists]);
      const flags = slice.map((row) => [row.block, row.flags]);
      await connection.query('INSERT INTO population_flags (block, flags) VALUES ?', [flags]);
    }
  } finally {
    await connection.end();
  }
}

/** Full blocks; everybody may have the inbox, and four of five text messages. */
function* packedPopulation(members: number): Generator<PackedBlock> {
  const random = new SeededRandom('fanout');
  const existsBits = Buffer.alloc(BLOCK_SIZE / 8, 0xff);
  const inbox = consentBit('inbox') | contactBit('inbox');
  const sms = consentBit('sms') | contactBit('sms');
  const patterns = Array.from({ length: 16 }, () =>
    Uint16Array.from({ length: BLOCK_SIZE }, () => inbox | (random.next() < 0.8 ? sms : contactBit('sms'))),
  ).map((flags) => Buffer.from(flags.buffer));
  for (let block = 0; block < members / BLOCK_SIZE; block++) {
    const flags = patterns[block % patterns.length];
    if (flags !== undefined) yield { block, existsBits, flags };
  }
}
