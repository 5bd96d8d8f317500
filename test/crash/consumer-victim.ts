/**
 * A consumer group of its own: leases events for 1 s, does its work (a line in a file, synced), marks them done, and
 * says so, until it is killed or nothing is left. Arguments: the store's file, the file of its work.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { SqliteQueue } from '../../src/adapters/sqlite/sqlite-queue.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';

const LEASE_MS = 1_000;
const [file = '', workFile = ''] = process.argv.slice(2);
const store = new SqliteStore({ file, clock: systemClock });
const queue = new SqliteQueue({ store, clock: systemClock });
const work = openSync(workFile, 'a');
const group = 'mailer';
const topic = 'promotion.created';
writeSync(1, 'ready\n');
for (let idleRounds = 0; idleRounds < 60;) {
  const messages = await queue.lease({ topic, group, maxMessages: 3, leaseMs: LEASE_MS });
  if (messages.length === 0) {
    idleRounds++; // what a killed one had leased comes back within a second
    await systemClock.sleep(25);
    continue;
  }
  idleRounds = 0;
  for (const { key } of messages) {
    writeSync(work, `${key}\n`);
    fsyncSync(work);
  }
  const marked = await queue.ack(group, messages);
  messages.forEach(({ key }, index) => {
    if (marked[index] === true) writeSync(1, `marked ${key}\n`);
  });
}
closeSync(work);
await store.close();
