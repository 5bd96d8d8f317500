import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { workerFile } from '../../src/core/worker-file.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { temporarySqliteStore } from '../support/temporary-sqlite.js';
import { live } from '../support/victim.js';

const VICTIM = fileURLToPath(workerFile(import.meta.url, './consumer-victim.js'));
const KILLS = size(5, 200);
const EVENTS = KILLS * 12;
/** A life is killed some time after it marked so many: fewer than there are for each, so that it is at work then. */
const MAX_MARKED = 6;
/** Longest from there to the kill: as long as one more round takes. */
const MAX_DELAY_MS = 10;
const TOPIC = 'promotion.created';

it(
  `every event reaches its consumer through ${KILLS} kills, and none that was marked comes again`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const temporary = temporarySqliteStore();
    const sent = Array.from({ length: EVENTS }, (_, index) => `event-${index}`);
    await temporary.store.transaction(async (tx) => {
      await tx.events.ensureGroup({ topic: TOPIC, group: 'mailer', now: systemClock.now() });
      for (const key of sent) await tx.outbox.append({ topic: TOPIC, key, body: {} });
    });
    await temporary.store.close();
    const workFile = join(temporary.folder, 'work.txt');
    writeFileSync(workFile, '');
    const marked = new Set<string>();
    const workOf = () => readFileSync(workFile, 'utf8').split('\n').slice(0, -1);
    let kills = 0;
    for (let life = 0; life <= KILLS; life++) {
      const before = workOf().length;
      const markedBefore = new Set(marked);
      let marksLeft = life < KILLS ? 1 + Math.floor(random.next() * MAX_MARKED) : Infinity;
      const delayMs = random.next() * MAX_DELAY_MS;
      const { said, wasKilled, complaints, code } = await live(process.execPath, [VICTIM, temporary.file, workFile], {
        onLine: (line, { kill }) => {
          // At any moment of its work, not just after a mark: the time that passes is what is left to chance.
          if (line.startsWith('marked ') && --marksLeft === 0) setTimeout(kill, delayMs);
        },
      });
      expect(wasKilled || code === 0, complaints).toBe(true);
      kills += wasKilled ? 1 : 0;
      const again = workOf().slice(before);
      expect(
        again.filter((body) => markedBefore.has(body)),
        'marked, and given out again',
      ).toEqual([]);
      for (const line of said) if (line.startsWith('marked ')) marked.add(line.slice('marked '.length));
    }
    expect(kills).toBeGreaterThan(0);
    const work = workOf();
    expect([...new Set(work)].sort()).toEqual([...sent].sort());
    const store = new SqliteStore({ file: temporary.file, clock: systemClock });
    const left = await store.transaction((tx) =>
      tx.events.lease({ topic: TOPIC, group: 'mailer', maxMessages: 10, leaseMs: 1_000 }, systemClock.now()),
    );
    expect(left).toEqual([]);
    await store.close();
    await temporary.remove();
    reportFigures('R11', {
      'kills of a consumer at work': kills,
      events: EVENTS,
      'never worked on': 0,
      'worked on again, not having been marked': work.length - EVENTS,
      'worked on again, having been marked': 0,
    });
  },
  minutes(10, 20),
);
