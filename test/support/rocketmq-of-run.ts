import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import { missingTools } from '../../scripts/rocketmq/jars.mjs';
import { startRocketmq } from '../../scripts/rocketmq/server.mjs';
import type {} from './rocketmq.js';

const whereSchema = z.object({ endpoint: z.string(), nameServer: z.string(), broker: z.string() });

/**
 * Uses the one that FANFARE_ROCKETMQ names (what `npm run rocketmq -- --json` prints), or starts for all test
 * files of the run: a start costs five seconds and half a gigabyte. Where Java or Maven is absent the tests that need it are skipped, each with this reason; in CI the run fails.
 */
export default async function startForRun(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env['FANFARE_ROCKETMQ'];
  if (running !== undefined) {
    project.provide('rocketmq', whereSchema.parse(JSON.parse(running)));
    return () => Promise.resolve();
  }
  const missing = await missingTools();
  if (missing !== undefined) {
    if (process.env['CI'] !== undefined) throw new Error(missing);
    process.stderr.write(`${missing} Tests over RocketMQ are skipped.\n`);
    project.provide('rocketmq', { missing });
    return () => Promise.resolve();
  }
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-rocketmq-'));
  const server = await startRocketmq({ folder });
  project.provide('rocketmq', { endpoint: server.endpoint, nameServer: server.nameServer, broker: server.broker });
  return async () => {
    await server.stop({ isFolderKept: false });
    rmSync(folder, { recursive: true, force: true });
  };
}
