/** Progress on stderr: bars on a terminal, one line each 10 s elsewhere, nothing with `--json`. */
import { MultiBar, type SingleBar } from 'cli-progress';
import type { CliContext } from './cli-context.js';
import { displayWidth, padEnd, printable } from './display-width.js';
import { formatShare } from './format-values.js';

export interface ProgressPart {
  /** Short and unique in its display. */
  readonly label: string;
  readonly done: number;
  /** Undefined while nobody knows. */
  readonly total: number | undefined;
  /** What stands behind the bar. */
  readonly text: string;
}

export interface ProgressDisplay {
  update(parts: readonly ProgressPart[]): void;
  /** Says a sentence without tearing the bars. */
  note(line: string): void;
  /** Shows the last state for good. Safe to call twice. */
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

export function openProgress(context: Pick<CliContext, 'terminal' | 'clock' | 'isJson'>): ProgressDisplay {
  if (context.isJson) return { update: () => undefined, note: () => undefined, stop: () => undefined };
  return context.terminal.hasBars ? new BarDisplay(context) : new LineDisplay(context);
}

class BarDisplay implements ProgressDisplay {
  readonly #bars: MultiBar;
  readonly #byLabel = new Map<string, SingleBar>();
  #labelWidth = 0;
  #isStopped = false;

  constructor({ terminal }: Pick<CliContext, 'terminal'>) {
    this.#bars = new MultiBar({
      stream: terminal.stderr,
      fps: 8,
      hideCursor: true,
      gracefulExit: false, // Ctrl-C belongs to whoever opened the display; it calls stop()
      clearOnComplete: false,
      autopadding: false,
      format: (_options, _params, payload: { readonly part?: ProgressPart }) =>
        payload.part === undefined ? '' : this.#render(payload.part, terminal.stderr.columns ?? 80),
    });
  }

  update(parts: readonly ProgressPart[]): void {
    this.#labelWidth = Math.max(this.#labelWidth, ...parts.map(({ label }) => displayWidth(label)));
    for (const part of parts) {
      const bar = this.#byLabel.get(part.label);
      if (bar === undefined) this.#byLabel.set(part.label, this.#bars.create(part.total ?? 0, part.done, { part }));
      else bar.update(part.done, { part });
    }
  }

  note(line: string): void {
    this.#bars.log(`${line}\n`);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#bars.update();
    this.#bars.stop();
  }

  #render({ label, done, total, text }: ProgressPart, columns: number): string {
    const width = columns < 90 ? 12 : 24;
    const filled = total === undefined || total === 0 ? 0 : Math.min(width, Math.floor((done / total) * width));
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    const share = total === undefined ? '' : formatShare(done, total).padStart(8);
    return cut(`${padEnd(label, this.#labelWidth)} ${bar} ${share}  ${text}`, columns - 1);
  }
}

/** A line that is longer than the terminal would be drawn twice. */
function cut(text: string, columns: number): string {
  let width = 0;
  let shown = '';
  for (const character of printable(text)) {
    width += displayWidth(character);
    if (width > columns) return shown;
    shown += character;
  }
  return shown;
}

class LineDisplay implements ProgressDisplay {
  readonly #context: Pick<CliContext, 'terminal' | 'clock'>;
  #lastMs: number | undefined;
  #waiting: readonly ProgressPart[] = [];

  constructor(context: Pick<CliContext, 'terminal' | 'clock'>) {
    this.#context = context;
  }

  update(parts: readonly ProgressPart[]): void {
    this.#waiting = parts;
    const nowMs = this.#context.clock.monotonicMs();
    if (this.#lastMs !== undefined && nowMs - this.#lastMs < LINE_EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#write();
  }

  note(line: string): void {
    this.#context.terminal.note(line);
  }

  stop(): void {
    this.#write();
  }

  #write(): void {
    if (this.#waiting.length === 0) return;
    const parts = this.#waiting.map(({ label, done, total, text }) =>
      printable(total === undefined ? `${label}: ${text}` : `${label}: ${formatShare(done, total)}  ${text}`),
    );
    this.#waiting = [];
    this.#context.terminal.note(parts.join(' | '));
  }
}
