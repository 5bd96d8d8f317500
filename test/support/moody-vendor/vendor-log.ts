import { closeSync, openSync, writeSync } from 'node:fs';
import type { SeenRequest } from './vendor-script.js';

const FLUSH_MS = 20;

/** The vendor's own record, in its own file; a line per request, in the order in which they were through. */
export class VendorLog {
  private readonly descriptor: number;
  private lines: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.descriptor = openSync(file, 'a', 0o600);
  }

  append(request: SeenRequest): void {
    this.lines.push(`${JSON.stringify(request)}\n`);
    this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.lines.length > 0) writeSync(this.descriptor, this.lines.join(''));
    this.lines = [];
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }
}

/** The machine's monotonic clock, the same in all processes. */
export function machineMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
