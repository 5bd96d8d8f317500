/** The scripts that fetch and start a RocketMQ: they lie in the checkout, not in the build. */
import { existsSync } from 'node:fs';
import type * as jarsScript from '../../../scripts/rocketmq/jars.mjs';
import type { LackingTool } from '../../../scripts/rocketmq/jars.mjs';
import type * as serverScript from '../../../scripts/rocketmq/server.mjs';
import type { RocketmqServer } from '../../../scripts/rocketmq/server.mjs';

export type { LackingTool, RocketmqServer };

/** What fetching and starting a RocketMQ needs and this machine lacks. */
export async function lackingTools(): Promise<readonly LackingTool[]> {
  const jars = (await script('jars.mjs')) as typeof jarsScript;
  return jars.lackingTools();
}

/** Fetches the jars the first time, and says on standard error how far it is. @throws Error in one line. */
export async function ensureJars(): Promise<void> {
  const jars = (await script('jars.mjs')) as typeof jarsScript;
  await jars.ensureJars();
}

/** Starts name server and proxy with broker in the folder; they end when this process does. @throws Error in one line. */
export async function startRocketmq(folder: string): Promise<RocketmqServer> {
  const server = (await script('server.mjs')) as typeof serverScript;
  return server.startRocketmq({ folder });
}

function script(name: string): Promise<unknown> {
  const places = ['../../../scripts/rocketmq/', '../../../../scripts/rocketmq/'];
  const files = places.map((place) => new URL(place + name, import.meta.url));
  return import((files.find((file) => existsSync(file)) ?? files[0])?.href ?? name);
}
