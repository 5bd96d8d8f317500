import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes and time after which lines are written out. */
const FLUSH_CHARACTERS = 262_144;
const FLUSH_MS = 50;

/**
 * A vendor's own log of what it delivered: `key TAB recipient LF`, appended in the order of delivery. Lines reach the
 * file within 50 ms; after `close` all of them are there.
 */
export class DeliveryLog {
  private readonly descriptor: number;
  private pending = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.descriptor = openSync(file, 'a', 0o600);
  }

  append(key: string, recipient: string): void {
    this.pending += `${oneField(key)}\t${oneField(recipient)}\n`;
    if (this.pending.length >= FLUSH_CHARACTERS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending === '') return;
    writeSync(this.descriptor, this.pending);
    this.pending = '';
  }
}

const oneField = (text: string): string => text.replace(/[\t\r\n]/g, ' ');
