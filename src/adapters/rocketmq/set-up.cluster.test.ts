import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureJars } from '../../../scripts/rocketmq/jars.mjs';
import { testQueue, testSettings } from '../../../test/support/rocketmq-queue.js';
import { rocketmqSkip, sharedRocketmq } from '../../../test/support/rocketmq.js';
import { mqadminScript } from './mqadmin-script.js';
import { setUpRocketmq } from './own-set-up.js';
import { RocketmqAdmin } from './remoting/rocketmq-admin.js';
import { RocketmqNames } from './rocketmq-names.js';
import { groupOf, setUp, topicsOf } from './set-up.js';

const TOPIC = 'promotion.created';
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(`setting up RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  let admin: RocketmqAdmin;
  beforeEach(() => {
    admin = new RocketmqAdmin([sharedRocketmq().nameServer]);
  });
  afterEach(() => admin.close());

  it('creates everything a cluster needs, once, from two nodes at the same time', async () => {
    const settings = testSettings({ isClassic: true });
    const reports = await Promise.all([setUpRocketmq(settings), setUpRocketmq(settings)]);
    const names = new Set(reports.flatMap(({ created }) => created));
    expect(names).toContain(`${settings.prefix ?? ''}USER_LOGINED_EVENT_TOPIC`);
    const again = await setUpRocketmq(settings);
    expect(again.created).toEqual([]);
    expect(new Set(again.existing)).toEqual(names);
  });

  it('leaves alone what somebody made otherwise', async () => {
    const settings = testSettings();
    const [definition] = topicsOf(new RocketmqNames(settings), TOPIC);
    if (definition === undefined) throw new Error('no topic planned');
    await admin.createTopic({ ...definition, queues: 3 });
    await setUpRocketmq(settings);
    const queue = testQueue(settings);
    await queue.ensureGroup({ topic: TOPIC, group: 'g' });
    await queue.send([{ topic: TOPIC, key: 'k', body: '{}' }]);
    expect(await queue.backlog({ topic: TOPIC, group: 'g' })).toBeLessThanOrEqual(1);
    await queue.close();
    const offsets = await admin.backlog(new RocketmqNames(settings).group('g'));
    expect(offsets.filter(({ topic }) => topic === definition.name).length).toBeLessThanOrEqual(3);
  });

  it('says which name servers do not answer, and what to do without one', async () => {
    const gone = testSettings({ nameServers: ['127.0.0.1:1'] });
    await expect(setUpRocketmq(gone)).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await expect(setUpRocketmq({ ...gone, nameServers: [] })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('--print'),
    });
  });

  it("prints a script that RocketMQ's own mqadmin takes", { timeout: 300_000, retry: 1 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-mqadmin-'));
    try {
      const settings = testSettings();
      const names = new RocketmqNames(settings);
      const [topic] = topicsOf(names, TOPIC);
      if (topic === undefined) throw new Error('no topic planned');
      const plan = { topics: [topic], groups: groupOf(names, { topic: TOPIC, group: 'by.script' }) };
      writeFileSync(join(folder, 'mqadmin'), await mqadminCommand(folder), { mode: 0o755 });
      writeFileSync(join(folder, 'topics.sh'), mqadminScript(plan, settings.nameServers));
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      const { stdout } = await promisify(execFile)('sh', [join(folder, 'topics.sh')], { env, timeout: 240_000 });
      const report = await setUp(admin, plan);
      expect(report.created, stdout).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What RocketMQ's distribution calls mqadmin: its main class over its jars. */
async function mqadminCommand(folder: string): Promise<string> {
  const classPath = await ensureJars();
  const main = 'org.apache.rocketmq.tools.command.MQAdminStartup';
  return `#!/bin/sh\nexec java -Xmx128m -Duser.home=${folder} -Drocketmq.home.dir=${folder} -cp '${classPath}' ${main} "$@"\n`;
}
