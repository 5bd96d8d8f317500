/** Cuts text into lines for NDJSON; chunks may end anywhere. A line beyond 1 MiB is reported and skipped. */
export interface LineHandler {
  line(text: string, line: number): void;
  bad(line: number, reason: string): void;
}

const MAX_LINE_CHARACTERS = 1_048_576;

export class LineSplitter {
  private text = '';
  private line = 1;
  private isSkipping = false;

  constructor(private readonly handler: LineHandler) {}

  push(chunk: string): void {
    const lines = (this.text + chunk).split('\n');
    this.text = lines.pop() ?? '';
    for (const line of lines) this.handOver(line);
    if (this.text.length > MAX_LINE_CHARACTERS) {
      if (!this.isSkipping) this.handler.bad(this.line, 'is longer than 1 MiB');
      this.isSkipping = true;
      this.text = '';
    }
  }

  /** Reads what is left as the last line. */
  end(): void {
    if (this.text !== '' || this.isSkipping) this.handOver(this.text);
    this.text = '';
  }

  private handOver(text: string): void {
    if (!this.isSkipping && text.trim() !== '') this.handler.line(text, this.line);
    this.isSkipping = false;
    this.line += 1;
  }
}
