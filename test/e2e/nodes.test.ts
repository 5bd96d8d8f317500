/** Which nodes there are, as the API and the command line tell it, over the embedded store and over a shared one. */
import { hostname } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cliRun } from '../support/cli-run.js';
import { serveNode, type ServedNode } from '../support/served-node.js';
import { describeMysql, temporaryDatabase } from '../support/temporary-mysql.js';

const nodesSchema = z.object({ items: z.array(z.looseObject({ name: z.string() })) });

const nodesOf = async ({ url }: ServedNode) => nodesSchema.parse(await (await fetch(`${url}/v1/nodes`)).json()).items;

const running: ServedNode[] = [];
afterEach(async () => {
  for (const node of running.splice(0)) await node.remove();
});
async function serve(environment: Readonly<Record<string, string>> = {}): Promise<ServedNode> {
  const node = await serveNode(environment);
  running.push(node);
  return node;
}

describe('the list of nodes', () => {
  it('has a process alone as its only one', async () => {
    const node = await serve();
    expect(await nodesOf(node)).toEqual([
      {
        name: expect.stringMatching(new RegExp(`^${process.pid}-[0-9a-f]{12}$`)) as string,
        host: hostname(),
        state: 'working',
        roles: ['api', 'planner', 'pusher', 'scheduler', 'relay'],
        channels: ['inbox'],
        version: '1.2.3-test',
        leasedBuckets: 0,
        isPaceShared: false,
        startedAt: expect.any(String) as string,
        lastSeenMs: 0,
      },
    ]);
    const { stdout, exitCode } = await cliRun(['nodes', '--url', node.url, '--lang', 'zh-CN']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('运行中');
  });
});

describeMysql('the list of nodes over one database', () => {
  it('tells who works, who leaves and who is missed, by the clock of the database', async () => {
    const database = await temporaryDatabase();
    try {
      const cluster = { FANFARE_MYSQL_URL: database.url };
      const first = await serve({ ...cluster, FANFARE_ROLES: 'api,pusher', FANFARE_CHANNELS: 'inbox,sms' });
      const second = await serve({ ...cluster, FANFARE_ROLES: 'planner,scheduler' });
      // Says nothing: a node that died a minute ago, by a program that did not know hosts yet.
      await database.query(
        `INSERT INTO node (node_id, version, roles, channels, started_at, is_pace_shared, seen_at)
         SELECT 'gone', '0.9', 'relay', '', started_at - 1000, 0, seen_at - 60000 FROM node LIMIT 1`,
      );
      const listed = await nodesOf(first);
      expect(listed).toMatchObject([
        { name: 'gone', host: '', state: 'missed', roles: ['relay'], version: '0.9' },
        { state: 'working', roles: ['api', 'pusher'], channels: ['inbox'], version: '1.2.3-test' },
        { state: 'working', roles: ['planner', 'scheduler'], channels: [] },
      ]);
      expect(listed[0]?.['lastSeenMs']).toBeGreaterThanOrEqual(60_000);
      const holder = listed[1]?.name;
      const leaving = second.close();
      await expect
        .poll(async () => (await nodesOf(first)).map(({ name, state }) => [name === holder, state]))
        .toEqual([
          [false, 'missed'],
          [true, 'working'],
        ]);
      await leaving;
      const { stdout } = await cliRun(['nodes', '--url', first.url]);
      expect(stdout).toMatch(/gone .*missed/);
    } finally {
      for (const node of running.splice(0)) await node.remove();
      await database.drop();
    }
  });

  it('shows a node that was asked to stop as leaving', async () => {
    const database = await temporaryDatabase();
    try {
      const cluster = { FANFARE_MYSQL_URL: database.url };
      const first = await serve(cluster);
      const second = await serve({ ...cluster, FANFARE_ROLES: 'pusher' });
      await second.engine.announceLeaving();
      expect((await nodesOf(first)).map(({ state }) => state)).toEqual(['working', 'leaving']);
    } finally {
      for (const node of running.splice(0)) await node.remove();
      await database.drop();
    }
  });
});
