import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { startRocketmq, type RocketmqServer } from '../../scripts/rocketmq/server.mjs';

/** Where the RocketMQ of this test run is, or why there is none. */
export type RocketmqOfRun =
  { readonly endpoint: string; readonly nameServer: string; readonly broker: string } | { readonly missing: string };

declare module 'vitest' {
  export interface ProvidedContext {
    rocketmq: RocketmqOfRun;
  }
}

/** The RocketMQ that all test files of the run share, each under names of its own. */
export function sharedRocketmq(): { readonly endpoint: string; readonly nameServer: string; readonly broker: string } {
  const rocketmq = inject('rocketmq');
  if ('missing' in rocketmq) throw new Error(rocketmq.missing);
  return rocketmq;
}

/** Why tests that need a RocketMQ are skipped, or false. */
export function rocketmqSkip(): string | false {
  const rocketmq = inject('rocketmq');
  return 'missing' in rocketmq ? rocketmq.missing : false;
}

/** A RocketMQ of a test's own, to be killed at will. */
export async function ownRocketmq(
  options: { readonly isSynchronous?: boolean } = {},
): Promise<RocketmqServer & { remove(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-rocketmq-'));
  const server = await startRocketmq({ folder, ...options });
  return Object.assign(server, {
    remove: async () => {
      await server.stop({ isFolderKept: false });
      rmSync(folder, { recursive: true, force: true });
    },
  });
}
