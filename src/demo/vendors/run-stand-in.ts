import { parseVendorOptions, type VendorOptions } from './vendor-options.js';

/** A stand-in that runs. */
export interface RunningStandIn {
  readonly ports: { readonly port: number; readonly statsPort?: number };
  close(): Promise<void>;
}

/** The line a stand-in prints once it can be used. */
export interface ReadyLine {
  readonly event: 'ready';
  readonly vendor: string;
  readonly pid: number;
  readonly port: number;
  /** Where `GET /stats` is answered. */
  readonly statsPort: number;
}

/** Runs a stand-in as this process: one JSON line when it is ready, until SIGTERM, SIGINT or the end of its input. */
export function runStandIn(vendor: string, start: (options: VendorOptions) => Promise<RunningStandIn>): void {
  void main(vendor, start).catch((error: unknown) => {
    console.error(`${vendor}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}

async function main(vendor: string, start: (options: VendorOptions) => Promise<RunningStandIn>): Promise<void> {
  const options = parseVendorOptions(process.argv.slice(2));
  const running = await start(options);
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= running.close().then(() => {
      process.stdin.destroy(); // the last thing that would keep the process
    });
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches every process of a terminal; one that was started by another waits until that one is done with it.
  process.on('SIGINT', () => {
    if (!options.stopsWithInput) stop();
  });
  if (options.stopsWithInput) process.stdin.resume().once('close', stop);
  const { port, statsPort = port } = running.ports;
  const ready: ReadyLine = { event: 'ready', vendor, pid: process.pid, port, statsPort };
  console.log(JSON.stringify(ready));
}
