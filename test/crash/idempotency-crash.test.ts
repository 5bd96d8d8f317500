import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { minutes, reportFigures, size } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const KILLS = size(4, 100);
const REQUESTS_AT_ONCE = 10;

/** The status and the promotion that an answer is about; undefined when the server died before it answered. */
async function create(
  url: string,
  name: string,
): Promise<{ readonly status: number; readonly id: number } | undefined> {
  try {
    const response = await fetch(`${url}/v1/promotions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': name },
      body: JSON.stringify({
        name,
        rule: { kind: 'directCut', cutMinor: 500 },
        currency: 'EUR',
        startsAt: '2090-06-01T00:00:00Z',
        endsAt: '2090-06-19T00:00:00Z',
      }),
    });
    return { status: response.status, id: ((await response.json()) as { id: number }).id };
  } catch {
    return undefined;
  }
}

it(
  `a request under one Idempotency-Key has one effect through ${KILLS} kills`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-keys-'));
    let server = await ServerProcess.start(folder);
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const name = `promotion-${kill}`;
        const asked = Array.from({ length: REQUESTS_AT_ONCE }, () => create(server.url, name));
        await after(Math.random() * 30);
        await server.kill();
        const answered = (await Promise.all(asked)).filter((answer) => answer !== undefined);
        server = await ServerProcess.start(folder);
        const again = await create(server.url, name);
        expect(again?.status).toBe(201);
        for (const answer of answered) expect(answer).toEqual(again);
      }
      const list = (await (await fetch(`${server.url}/v1/promotions?limit=${KILLS}`)).json()) as {
        items: { name: string }[];
      };
      expect(list.items.map(({ name }) => name).sort()).toEqual(
        Array.from({ length: KILLS }, (_, kill) => `promotion-${kill}`),
      );
      reportFigures('R18', { kills: KILLS, 'requests at once under one key': REQUESTS_AT_ONCE, 'second effects': 0 });
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true });
    }
  },
  minutes(2, 20),
);
