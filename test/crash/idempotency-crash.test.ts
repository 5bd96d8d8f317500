import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { createPromotion, promotionNames } from '../support/promotion-calls.js';
import { IS_FULL, minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const KILLS = size(4, 100);
const REQUESTS_AT_ONCE = 10;

/** Longest from the requests to the kill: as long as their answers take. */
const MAX_DELAY_MS = 30;

/** The status and the promotion that an answer is about; undefined when the server died before it answered. */
async function create(url: string, name: string): Promise<Awaited<ReturnType<typeof createPromotion>> | undefined> {
  try {
    return await createPromotion(url, name);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // what `fetch` says of a connection that ended
    throw error;
  }
}

it(
  `a request under one Idempotency-Key has one effect through ${KILLS} kills`,
  async () => {
    const random = new SeededRandom(takeSeed('moments of the kills'));
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-keys-'));
    let unanswered = 0;
    let server = await ServerProcess.start(folder);
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const name = `promotion-${kill}`;
        const asked = Array.from({ length: REQUESTS_AT_ONCE }, () => create(server.url, name));
        await after(random.next() * MAX_DELAY_MS); // the moment of the kill is left to chance
        await server.kill();
        const answered = (await Promise.all(asked)).filter((answer) => answer !== undefined);
        unanswered += REQUESTS_AT_ONCE - answered.length;
        server = await ServerProcess.start(folder);
        const again = await create(server.url, name);
        expect(again?.status).toBe(201);
        for (const answer of answered) expect(answer).toEqual(again);
      }
      const names = Array.from({ length: KILLS }, (_, kill) => `promotion-${kill}`);
      expect((await promotionNames(server.url)).sort()).toEqual(names.sort());
      if (IS_FULL) expect(unanswered, 'or no kill met a request under way').toBeGreaterThan(0);
      reportFigures('R18', {
        kills: KILLS,
        'requests at once under one key': REQUESTS_AT_ONCE,
        'requests without an answer, repeated': unanswered,
        'second effects': 0,
      });
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true });
    }
  },
  minutes(15, 20),
);
