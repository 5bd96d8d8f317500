/** A node of the demo: `fanfare serve` as a process of its own, with a folder and a port of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeDemoConfig, type DemoConfig } from '../demo-config.js';
import { ServerProcess } from '../server-process.js';

export interface ClusterNode {
  readonly name: string;
  readonly server: ServerProcess;
}

export interface NodeOptions extends Omit<DemoConfig, 'sender' | 'cluster'> {
  readonly name: string;
  /** Where nodes have their folders and logs. */
  readonly folder: string;
  /** Settings of `cluster`. */
  readonly cluster: object;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onDied: (end: { readonly name: string; readonly pid: number; readonly how: string }) => void;
}

/** Starts a node; it is started again when it dies. @throws DemoFailure with its own line when it does not start. */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { name, folder, port, language, environment, onDied } = options;
  const dataFolder = join(folder, name);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  writeDemoConfig(dataFolder, { ...options, sender: name });
  const server = await ServerProcess.start({
    dataFolder,
    port,
    logFile: join(folder, `${name}.log`),
    language,
    environment: withoutOwnSettings(environment),
    onDied: ({ pid, signal, code }) => {
      onDied({ name, pid, how: signal ?? `exit code ${code ?? '?'}` });
    },
  });
  return { name, server };
}

/** What the user has set for nodes of his own is not meant for these. */
function withoutOwnSettings(environment: NodeOptions['environment']): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('FANFARE_')));
}
