import { setTimeout as after } from 'node:timers/promises';
import { createPromotion } from '../promotion-calls.js';

const PAUSE_MS = 20;

/** A client that writes one promotion after another, each under a key, and repeats it elsewhere until it is acknowledged. */
export class KeyedWriter {
  private readonly names: string[] = [];
  private repeats = 0;
  private isStopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly urls: readonly string[]) {
    this.running = this.run();
  }

  /** Ends after the write that is under way; answers what was acknowledged. */
  async stop(): Promise<{ readonly names: readonly string[]; readonly repeats: number }> {
    this.isStopping = true;
    await this.running;
    return { names: this.names, repeats: this.repeats };
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const name = `Written ${this.names.length}`;
      for (let attempt = 0; !(await this.isWritten(name, attempt)); attempt++) this.repeats++;
      this.names.push(name);
    }
  }

  private async isWritten(name: string, attempt: number): Promise<boolean> {
    const url = this.urls[(this.names.length + attempt) % this.urls.length] ?? '';
    await after(PAUSE_MS);
    try {
      return (await createPromotion(url, name)).status === 201;
    } catch {
      return false; // no answer is no acknowledgement
    }
  }
}
