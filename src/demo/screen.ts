/**
 * Where the demo shows itself: lines that stay, and below them, on a terminal, a few that are drawn again and again.
 * Elsewhere nothing moves, and what would move is said now and then in lines that stay.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { OutputStream } from '../cli/terminal.js';
import { cutText } from './cut-text.js';
import { foldLine } from './fold-line.js';

export type Ink = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const DEFAULT_COLUMNS = 100;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

export class Screen {
  /** Whether lines can be drawn again. */
  readonly isLive: boolean;
  private readonly isColoured: boolean;
  private moving: readonly string[] = [];

  constructor(
    private readonly stream: OutputStream,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    const isDumb = environment['TERM'] === 'dumb';
    this.isLive = stream.isTTY === true && !isDumb;
    this.isColoured = this.isLive && (environment['NO_COLOR'] ?? '') === '';
  }

  get columns(): number {
    const { columns = 0 } = this.stream; // 0 where a terminal does not know
    return columns > 0 ? columns : DEFAULT_COLUMNS;
  }

  /** Colours a text where colours are wanted. */
  ink(ink: Ink, text: string): string {
    return this.isColoured ? styleText(ink, text, { validateStream: false }) : text;
  }

  /** Writes lines that stay, above those that move. */
  print(...lines: readonly string[]): void {
    const fitting = lines.flatMap((line) => this.fold(line, (/^ */.exec(line)?.[0].length ?? 0) + 2));
    this.stream.write(this.eraseMoving() + fitting.map((line) => `${line}\n`).join('') + this.drawMoving());
  }

  /** The line as the terminal has room for it, going on behind `indent` blanks; elsewhere a line stays one line. */
  fold(line: string, indent: number): readonly string[] {
    return this.isLive ? foldLine(line, this.columns - 1, indent) : [line];
  }

  /** Draws the lines that move; none ends them. Does nothing where nothing can move. */
  move(lines: readonly string[]): void {
    if (!this.isLive) return;
    const erased = this.eraseMoving();
    const cursor = lines.length === 0 ? SHOW_CURSOR : HIDE_CURSOR;
    const { rows = 0 } = this.stream;
    const fitting = rows > 1 ? lines.slice(0, rows - 1) : lines; // what has scrolled away could not be drawn over
    this.moving = fitting.map((line) => this.cut(line));
    this.stream.write(erased + cursor + this.drawMoving());
  }

  private eraseMoving(): string {
    return this.moving.length === 0 ? '' : `\u001b[${this.moving.length}A\u001b[0J`;
  }

  private drawMoving(): string {
    return this.moving.map((line) => `${line}\n`).join('');
  }

  /** A line that wraps could not be drawn over: what is too wide loses its colours and its end. */
  private cut(line: string): string {
    const plain = stripVTControlCharacters(line);
    const cut = cutText(plain, this.columns - 1);
    return cut === plain ? line : cut;
  }
}
