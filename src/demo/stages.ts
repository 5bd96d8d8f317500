/** The steps of the demo, each one line with its time. */
import { padEnd, padStart } from '../cli/display-width.js';
import type { Clock } from '../core/ports/clock.js';
import { formatSpan } from './format-span.js';
import type { Screen } from './screen.js';

export interface StageEnd {
  readonly text: string;
  /** Where the stage's own time is not the time it was waited for. */
  readonly spanMs?: number | undefined;
}

const SPAN_COLUMNS = 9;
const TITLE_COLUMNS = 14;
/** Where the words of a stage begin: behind mark, time and title. */
const TEXT_AT = 4 + SPAN_COLUMNS + 2 + TITLE_COLUMNS + 1;

export class Stages {
  constructor(
    private readonly screen: Screen,
    private readonly clock: Clock,
  ) {}

  /** Says that a stage is through, and what it took; undefined where it took nothing. */
  done(title: string, text: string, spanMs: number | undefined): void {
    this.print(this.line(this.screen.ink('green', '✓'), title, { text, spanMs }));
  }

  /** Says something that was not planned. */
  note(title: string, text: string): void {
    this.print(this.line(this.screen.ink('yellow', '!'), title, { text }));
  }

  /** Shows a stage while it runs, as far as `show` says something of it, and its line at the end. */
  async run(title: string, work: (show: (text: string) => void) => Promise<StageEnd>): Promise<void> {
    const startedMs = this.clock.monotonicMs();
    const spanMs = (): number => this.clock.monotonicMs() - startedMs;
    const show = (text: string): void => {
      this.screen.move([this.line(this.screen.ink('cyan', '…'), title, { text, spanMs: spanMs() })]);
    };
    show('');
    try {
      const end = await work(show);
      this.screen.move([]);
      this.done(title, end.text, end.spanMs ?? spanMs());
    } catch (error) {
      this.screen.move([]);
      throw error;
    }
  }

  private print(line: string): void {
    this.screen.print(...this.screen.fold(line, TEXT_AT));
  }

  private line(mark: string, title: string, { text, spanMs }: StageEnd): string {
    const span = padStart(spanMs === undefined ? '' : formatSpan(spanMs), SPAN_COLUMNS);
    return `  ${mark} ${this.screen.ink('dim', span)}  ${this.screen.ink('bold', padEnd(title, TITLE_COLUMNS))} ${text}`;
  }
}
