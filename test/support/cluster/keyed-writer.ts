import { setTimeout as after } from 'node:timers/promises';
import { createPromotion } from '../promotion-calls.js';

const PAUSE_MS = 20;

/** A client that writes one promotion after another, each under a key, and repeats it elsewhere until it is acknowledged. */
export class KeyedWriter {
  private readonly names: string[] = [];
  /** Of what was acknowledged. */
  readonly ids: number[] = [];
  private repeats = 0;
  private isStopping = false;
  private running: Promise<void>;

  constructor(private readonly urls: readonly string[]) {
    this.running = this.run();
  }

  /** Ends after the write that is under way. */
  async pause(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  resume(): void {
    this.isStopping = false;
    this.running = this.run();
  }

  /** As `pause`; answers what was acknowledged. */
  async stop(): Promise<Written> {
    await this.pause();
    return { names: this.names, ids: this.ids, repeats: this.repeats };
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
      const { status, id } = await createPromotion(url, name);
      if (status !== 201 || id === undefined) return false;
      this.ids.push(id);
      return true;
    } catch {
      return false; // no answer is no acknowledgement
    }
  }
}

export interface Written {
  readonly names: readonly string[];
  readonly ids: readonly number[];
  /** Calls beyond the first of each write. */
  readonly repeats: number;
}
