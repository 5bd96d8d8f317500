/** Nodes of a cluster as benches start them, and the members that they work on. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openNode } from '../../src/compose/node.js';
import type { EngineEvent } from '../../src/compose/engine-event.js';
import type { EngineNode } from '../../src/compose/engine.js';
import { configSchema } from '../../src/config.js';
import { generateMembers } from '../../src/membership/generate/generate-members.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { BenchApi, writeConfig } from './bench-api.js';
import { runFolder } from './bench-folder.js';
import { withCleanUp, type CleanUp } from './clean-up.js';
import { ServerProcess } from './server-process.js';

const SEED = 7;

export interface NodeOptions {
  readonly channels: object;
  /** `cluster` of its configuration; absent: one alone over its folder. */
  readonly cluster?: object;
}

/** `fanfare serve` as a process of its own, with a folder of its own. */
export function startNode({ channels, cluster }: NodeOptions, cleanUp: CleanUp): Promise<ServerProcess> {
  const folder = newFolder(cleanUp);
  writeConfig(folder, channels, cluster);
  return ServerProcess.start(folder, cleanUp);
}

/** A client of a node that has answered once: the first request of a server is slower than all others. */
export async function clientOf({ url }: ServerProcess, cleanUp: CleanUp): Promise<BenchApi> {
  const api = new BenchApi(url, cleanUp);
  await api.createPromotion();
  return api;
}

export interface EngineOptions extends NodeOptions {
  /** A new one where absent. */
  readonly dataFolder?: string;
  readonly onEvent?: (event: EngineEvent) => void;
}

/** An engine in this process: what there is to measure without HTTP. Closed at the end. */
export async function openEngine(
  { channels, cluster, dataFolder: given, onEvent = () => undefined }: EngineOptions,
  cleanUp: CleanUp,
): Promise<{ readonly engine: EngineNode; readonly dataFolder: string }> {
  const dataFolder = given ?? newFolder(cleanUp);
  const config = configSchema.parse({ channels, cluster });
  const engine = await openNode({
    config: { ...config, dataFolder },
    readSecret: () => '',
    onEvent: (event) => {
      if ('error' in event) throw event.error;
      onEvent(event);
    },
  });
  cleanUp.add(() => engine.close(0));
  return { engine, dataFolder };
}

/** Generated members in the database of a cluster that nobody works on yet. */
export function fillMembers(cluster: object, members: number): Promise<void> {
  return withCleanUp(async (cleanUp) => {
    const { engine } = await openEngine({ channels: {}, cluster: { ...cluster, roles: ['api'] } }, cleanUp);
    await generateMembers(engine.membership, { count: members, seed: SEED });
    await indexAddresses(engine); // else the first node does it while something is measured
  });
}

export function newFolder(cleanUp: CleanUp): string {
  const folder = join(runFolder(cleanUp), 'data');
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}
