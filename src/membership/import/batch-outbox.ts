import { MAX_OPEN_BATCHES, type FromMaker } from './batch-messages.js';

type BatchMessage = FromMaker & { readonly kind: 'batch' };

/** Batches on their way out of a maker, as far as the writer gave credit. */
export class BatchOutbox {
  private readonly waiting: BatchMessage[] = [];
  private credits = MAX_OPEN_BATCHES;

  constructor(private readonly post: (message: BatchMessage) => void) {}

  add(message: BatchMessage): void {
    this.waiting.push(message);
    this.send();
  }

  credit(): void {
    this.credits += 1;
    this.send();
  }

  /** True while batches wait for credit. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  private send(): void {
    while (this.credits > 0) {
      const message = this.waiting.shift();
      if (message === undefined) return;
      this.credits -= 1;
      this.post(message);
    }
  }
}
