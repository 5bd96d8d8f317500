import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { ROLES } from './nodes/role.js';

describe('the settings of a node of a cluster', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-config-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const load = (cluster: unknown, environment: NodeJS.ProcessEnv = {}) => {
    const configFile = join(folder, 'config.json');
    writeFileSync(configFile, JSON.stringify({ cluster }));
    return loadConfig({ dataFolder: folder, configFile }, environment).cluster;
  };

  it('are absent for one process with a folder of its own', () => {
    expect(load(undefined)).toBeUndefined();
    expect(load(undefined, { FANFARE_REDIS_URL: '', FANFARE_ROLES: '' })).toBeUndefined();
  });

  it('come from the environment alone, with every role and channel by default', () => {
    expect(load(undefined, { FANFARE_MYSQL_URL: 'mysql://root@db:3306/shop' })).toEqual({
      mysql: { url: 'mysql://root@db:3306/shop' },
      roles: [...ROLES],
      channels: ['inbox', 'sms', 'email', 'app'],
    });
  });

  it('come from the file, and the environment is stronger', () => {
    const file = {
      mysql: { url: 'mysql://root@db/shop' },
      redis: { url: 'redis://cache', prefix: 'shop' },
      roles: ['api'],
    };
    expect(load(file)).toMatchObject(file);
    const environment = {
      FANFARE_REDIS_URL: 'rediss://other:6380/2',
      FANFARE_ROLES: 'pusher, relay',
      FANFARE_CHANNELS: 'sms',
      FANFARE_ROCKETMQ_ENDPOINTS: 'mq-1:8081, mq-2:8081',
      FANFARE_ROCKETMQ_NAME_SERVERS: 'names:9876',
    };
    expect(load(file, environment)?.rocketmq).toMatchObject({
      endpoints: ['mq-1:8081', 'mq-2:8081'],
      nameServers: ['names:9876'],
    });
    expect(load(file, environment)).toMatchObject({
      redis: { url: 'rediss://other:6380/2', prefix: 'shop' },
      roles: ['pusher', 'relay'],
      channels: ['sms'],
    });
  });

  it.each([
    [{ mysql: { url: 'mysql://root:secret@db' } }, {}, /cluster\.mysql\.url: not an address such as mysql:/],
    [{ redis: { url: 'redis://cache' } }, {}, /cluster\.mysql/],
    [
      { mysql: { url: 'mysql://db/shop' }, rolls: ['api'] },
      {},
      /cluster\.rolls is not a known key, did you mean "roles"/,
    ],
    [{ mysql: { url: 'mysql://db/shop' } }, { FANFARE_ROLES: 'api,puser' }, /cluster\.roles\[1\]/],
    [{ mysql: { url: 'mysql://db/shop' }, roles: [] }, {}, /cluster\.roles: is empty/],
    [{ mysql: { url: 'mysql://db/shop' }, channels: ['sms', 'sms'] }, {}, /cluster\.channels: names one twice/],
    [undefined, { FANFARE_ROLES: 'api' }, /FANFARE_ROLES is set, but no cluster: set FANFARE_MYSQL_URL/],
    [undefined, { FANFARE_REDIS_URL: 'redis://cache' }, /FANFARE_REDIS_URL is set, but no cluster/],
  ])('are refused when they cannot work: %j %j', (file, environment, words) => {
    expect(() => load(file, environment)).toThrow(words);
    expect(() => load(file, environment)).not.toThrow(/secret/);
  });
});
