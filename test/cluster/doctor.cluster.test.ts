/** What the doctor says of a real RocketMQ: with its defaults, and with what promises need. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setUpRocketmq } from '../../src/adapters/rocketmq/own-set-up.js';
import { clusterSchema } from '../../src/cluster-config.js';
import { examineServers } from '../../src/compose.js';
import type { RocketmqSettings } from '../../src/settings/rocketmq-settings.js';
import { ownRocketmq, rocketmqSkip } from '../support/rocketmq.js';
import { testSettings } from '../support/rocketmq-queue.js';

const reason = rocketmqSkip();

describe.skipIf(reason !== false)(`the doctor of RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  let server: Awaited<ReturnType<typeof ownRocketmq>>;
  beforeAll(async () => {
    server = await ownRocketmq({ isSynchronous: true });
  });
  afterAll(() => server.remove());

  /** Judgements by setting. */
  async function examine(settings: RocketmqSettings): Promise<Record<string, string>> {
    const cluster = clusterSchema.parse({ mysql: { url: 'mysql://root@127.0.0.1:1/none' } });
    const findings = await examineServers({ ...cluster, rocketmq: settings });
    const ofRocketmq = findings.filter((finding) => finding.server === 'rocketmq');
    return Object.fromEntries(ofRocketmq.map(({ setting, judgement }) => [setting, judgement]));
  }

  it('misses topics and groups until they are set up, and then has nothing against it', async () => {
    const settings = testSettings({}, server);
    expect(await examine(settings)).toMatchObject({ proxy: 'ok', topics: 'broken', groups: 'broken' });
    await setUpRocketmq(settings);
    expect(await examine(settings)).toEqual({
      proxy: 'ok',
      flushDiskType: 'ok',
      brokerRole: 'ok',
      maxMessageSize: 'ok',
      timerMaxDelaySec: 'ok',
      autoCreateTopicEnable: 'ok',
      topics: 'ok',
      groups: 'ok',
    });
  });

  it('holds the limits of the broker against our settings', async () => {
    const settings = testSettings({ maxBatchBytes: 4 * 1_048_576, maxDelayMs: 31_536_000_000 }, server);
    expect(await examine(settings)).toMatchObject({ maxMessageSize: 'ok', timerMaxDelaySec: 'broken' });
  });

  it('finds the broker of the run, which keeps the default flush, weaker', async () => {
    expect(await examine(testSettings())).toMatchObject({ proxy: 'ok', flushDiskType: 'weaker' });
  });

  it('cannot read a broker without a name server, and says so', async () => {
    expect(await examine(testSettings({ nameServers: [] }, server))).toEqual({ proxy: 'ok', nameServers: 'weaker' });
  });
});
