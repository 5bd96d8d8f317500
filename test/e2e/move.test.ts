/**
 * A folder that moves into a database, as people do it: the server is killed in the middle of a campaign, the folder
 * moves, a node of a cluster ends the campaign. What counts is the vendor's own log.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import Database from 'better-sqlite3';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { moveFolder } from '../../src/compose/move.js';
import { countDeliveries } from '../../src/demo/vendors/read-delivery-log.js';
import { smsVendorSettings } from '../../src/demo/vendors/vendor-settings.js';
import { toRow } from '../../src/membership/member-row.js';
import { CampaignApi } from '../support/campaign-api.js';
import { contentDifferences } from '../support/moved-content.js';
import { OutsideWorld } from '../support/outside-world.js';
import { REACHABLE } from '../support/push-rig.js';
import { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';
import { live, type Life } from '../support/victim.js';

const PROGRAM = fileURLToPath(new URL('../../bin/fanfare.js', import.meta.url));
const MEMBERS = 5_000;
/** Slow enough that the campaign is under way when the server ends; lifted on the node. */
const MEMBERS_PER_SECOND = 500;
const DEADLINE_MS = 300_000;

describeMysql('moving a folder', () => {
  let database: TemporaryDatabase;
  let world: OutsideWorld;
  let servers: ServerProcess[];
  beforeEach(async () => {
    database = await temporaryDatabase();
    world = await OutsideWorld.open({ sms: { latencyMs: 100 } });
    servers = [];
    const store = new SqliteStore({ file: storeFile(), clock: systemClock });
    await store.transaction(async (tx) => {
      const first = await tx.ids.take('ordinal', MEMBERS);
      const rows = Array.from({ length: MEMBERS }, (_, index) =>
        toRow(`m${index}`, { ...REACHABLE, phone: `+86138${String(index).padStart(8, '0')}`, tags: [`t${index % 7}`] }),
      );
      await tx.members.insert(first, rows, systemClock.now());
    });
    await store.close();
    world.writeConfig(channels());
  });
  afterEach(async () => {
    for (const server of servers) await server.kill();
    await world.remove();
    await database.drop();
  });

  const storeFile = (): string => join(world.dataFolder, 'fanfare.db');
  const channels = (): object => ({
    channels: {
      sms: { provider: smsVendorSettings(world.sms.port), retry: { firstDelayMs: 100, maxDelayMs: 500 } },
      inbox: {},
    },
  });

  async function serve(folder = world.dataFolder): Promise<ServerProcess> {
    const server = await ServerProcess.start(folder);
    servers.push(server);
    return server;
  }

  const fanfare = (...args: string[]): Promise<Life> =>
    live(process.execPath, [PROGRAM, ...args, '--json', '--lang', 'en']);
  const moveTo = (url: string): Promise<Life> => fanfare('move', '--to', url, '--data', world.dataFolder);

  /** A folder for a node over the database, with the same vendors. */
  function nodeFolder(): string {
    const folder = join(world.folder, 'node');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(
      join(folder, 'fanfare.config.json'),
      JSON.stringify({ ...channels(), cluster: { mysql: { url: database.url } } }),
    );
    return folder;
  }

  it('lets one of two folders into a database, also when the other begins while the first is audited', async () => {
    const other = join(world.folder, 'other');
    cpSync(world.dataFolder, other, { recursive: true });
    const late = moveFolder({
      folder: world.dataFolder,
      url: database.url,
      signal: new AbortController().signal,
      onProgress: ({ step }) => {
        if (step !== 'auditFolder') return;
        const { status, stderr } = spawnSync(process.execPath, [
          PROGRAM,
          'move',
          '--to',
          database.url,
          '--data',
          other,
        ]);
        expect(status, String(stderr)).toBe(0);
      },
    });
    await expect(late).rejects.toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
    expect(await contentDifferences(join(other, 'fanfare.db'), database.url)).toEqual([]);
    await serve(); // the folder that was refused is as it was
  });

  it('carries a campaign that was killed half way; a node tells the rest, and nobody twice', async () => {
    const server = await serve();
    const { id } = await new CampaignApi(server.url).launch({
      name: 'On the way',
      audience: { kind: 'everybody' },
      channels: [
        { channel: 'sms', message: { body: 'Hello' }, membersPerSecond: MEMBERS_PER_SECOND },
        { channel: 'inbox', message: { title: 'Hello', body: 'Hello' } },
      ],
    });
    await vi.waitFor(async () => expect((await world.sms.stats()).delivered).toBeGreaterThan(MEMBERS / 10), {
      timeout: 60_000,
      interval: 20,
    });
    await server.kill();
    const toldBefore = (await world.sms.stats()).delivered;
    expect(toldBefore).toBeLessThan(MEMBERS);

    const { code, said, complaints } = await moveTo(database.url);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(JSON.parse(said.join(''))).toMatchObject({ audited: { campaigns: 1, differences: 0 } });
    expect(await contentDifferences(storeFile(), database.url)).toEqual([]);
    await expect(serve()).rejects.toThrow('DATA_FOLDER_MOVED');
    const again = await moveTo(database.url);
    expect(JSON.parse(again.said.join(''))).toMatchObject({ rowsNow: 0, audited: null });

    const node = await serve(nodeFolder());
    const api = new CampaignApi(node.url);
    await api.setPace(id, 'sms', null);
    await api.completed(id, DEADLINE_MS);
    expect(await api.auditDifferences()).toEqual([]);
    const audit = await fanfare('audit', '--mysql-url', database.url);
    expect(JSON.parse(audit.said.join(''))).toMatchObject({ isBalanced: true, summary: { campaigns: 1 } });
    expect(await api.inboxOf('m4999')).toEqual([id]);
    await node.stop();
    await world.stopVendors();
    const deliveries = (await countDeliveries(join(world.folder, 'sms-vendor.log'), 'sms')).get(id);
    expect({ told: deliveries?.members, twice: deliveries?.doubled }).toEqual({ told: MEMBERS, twice: 0 });
  });

  it('is refused into a database that is not empty, and while a server works on the folder', async () => {
    await database.query('CREATE TABLE orders (id INT PRIMARY KEY)');
    await database.query('INSERT INTO orders VALUES (1)');
    const refused = await moveTo(database.url);
    expect(JSON.parse(refused.complaints)).toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
    expect(existsSync(join(world.dataFolder, 'moved.json'))).toBe(false);
    await database.query('DROP TABLE orders');
    await serve();
    expect(JSON.parse((await moveTo(database.url)).complaints)).toMatchObject({ code: 'DATA_FOLDER_LOCKED' });
  });

  it('is refused into a database that a node has worked on', async () => {
    const node = await serve(nodeFolder());
    expect(JSON.parse((await moveTo(database.url)).complaints)).toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
    await node.stop();
    expect(JSON.parse((await moveTo(database.url)).complaints)).toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
  });

  it('is refused for a folder whose books differ; nothing is written anywhere', async () => {
    const folder = new Database(storeFile());
    folder.exec('UPDATE population_block SET member_count = 7 WHERE block = 0');
    folder.close();
    expect(JSON.parse((await moveTo(database.url)).complaints)).toMatchObject({ code: 'BOOKS_DIFFER' });
    expect(existsSync(join(world.dataFolder, 'moved.json'))).toBe(false);
    expect(await database.query('SELECT * FROM move_in')).toEqual([]);
  });

  it('keeps server and nodes away while it is under way, and goes on only between the same two', async () => {
    const copy = join(world.folder, 'copy');
    cpSync(world.dataFolder, copy, { recursive: true });
    expect((await moveTo(database.url)).code).toBe(0);
    // As it was before the last two steps of the move: killed there, or in the middle of the copy.
    const mark = join(world.dataFolder, 'moved.json');
    writeFileSync(mark, readFileSync(mark, 'utf8').replace('"moved"', '"moving"'));
    await database.query('UPDATE move_in SET finished_at = NULL');
    await expect(serve()).rejects.toThrow('DATA_FOLDER_MOVED');
    await expect(serve(nodeFolder())).rejects.toThrow('MOVE_UNFINISHED');

    const other = await temporaryDatabase();
    expect(JSON.parse((await moveTo(other.url)).complaints)).toMatchObject({ code: 'DATA_FOLDER_MOVED' });
    await other.drop();
    const stranger = await fanfare('move', '--to', database.url, '--data', copy);
    expect(JSON.parse(stranger.complaints)).toMatchObject({ code: 'DATABASE_NOT_EMPTY' });

    expect((await moveTo(database.url)).code).toBe(0);
    await serve(nodeFolder());
    // Taken back, as the docs say: then the folder is served again.
    rmSync(mark);
    await serve();
  });
});
