import { statSync } from 'node:fs';

const MIB = 1024 * 1024;
/** A passive checkpoint is asked for each time the log has grown by this much. */
export const CHECKPOINT_EVERY_BYTES = 16 * MIB;
/** From this size on the log begins again between two commits, once a passive checkpoint has copied most of it. */
export const RESTART_ABOVE_BYTES = 64 * MIB;

/** Copies the log back into the file beside the writer: a passive checkpoint. */
export interface LogCopier {
  /** Answers undefined once done, or the code of what went wrong; never rejects. */
  copy(): Promise<string | undefined>;
  close(): Promise<void>;
}

/**
 * Keeps the write-ahead log short: it is copied back as it grows, beside the writer. To begin it again (RESTART) or to
 * empty it (TRUNCATE) is the writer's, which alone can be sure that nobody writes meanwhile.
 */
export class Checkpointer {
  private running: Promise<void> | undefined;
  private isCopied = false;
  private nextAtBytes = CHECKPOINT_EVERY_BYTES;

  constructor(
    private readonly file: string,
    private readonly copier: LogCopier,
    private readonly onFailure: (code: string) => void,
  ) {}

  /** Size of the write-ahead log file in bytes; what it holds may be less. */
  walBytes(): number {
    return statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Called after each commit with what the log holds; true when the writer should begin it again now. */
  afterCommit(logBytes: number): boolean {
    if (this.isBusy) return false;
    if (this.isCopied) {
      this.isCopied = false; // where a reader keeps it from beginning again, it is tried after the next copy
      if (logBytes >= RESTART_ABOVE_BYTES) return true;
    }
    if (logBytes < this.nextAtBytes) return false;
    this.nextAtBytes = logBytes + CHECKPOINT_EVERY_BYTES;
    this.running = this.copy();
    return false;
  }

  /** True while the log is copied: an emptying would have to wait for it. */
  get isBusy(): boolean {
    return this.running !== undefined;
  }

  /** Answers once nothing is copied, whether that went well or not. */
  async whenIdle(): Promise<void> {
    await this.running;
  }

  /** Called after the log was begun again or emptied. */
  afterRestart(): void {
    this.nextAtBytes = CHECKPOINT_EVERY_BYTES;
  }

  close(): Promise<void> {
    return this.copier.close();
  }

  private async copy(): Promise<void> {
    const failure = await this.copier.copy();
    this.running = undefined;
    this.isCopied = failure === undefined;
    if (failure !== undefined) this.onFailure(failure);
  }
}
