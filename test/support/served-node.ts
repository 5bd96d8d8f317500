import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServerLog } from '../../src/adapters/system/server-log.js';
import { startServer, type RunningServer } from '../../src/compose.js';
import { loadConfig, secretReader } from '../../src/config.js';

export interface ServedNode extends RunningServer {
  readonly dataFolder: string;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** A whole server in this process, over a new data folder and on a free port; `environment` makes it a node of a cluster. */
export async function serveNode(environment: Readonly<Record<string, string>> = {}): Promise<ServedNode> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'fanfare-node-'));
  const server = await startServer({
    config: loadConfig({ dataFolder, port: 0 }, environment),
    version: '1.2.3-test',
    log: createServerLog({ level: 'silent' }),
    readSecret: secretReader(environment),
  });
  return {
    ...server,
    dataFolder,
    remove: async () => {
      await server.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}
