/** Where a run writes: results to stdout, everything else to stderr. */
import { styleText } from 'node:util';

/** A stream as the command line uses it. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export interface Terminal {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Bars and colours need a terminal that is not dumb. */
  readonly hasBars: boolean;
  readonly widthColumns: number;
  /** Writes to stdout; resolves when the reader has taken it. */
  print(piece: string | Uint8Array): Promise<void>;
  /** Writes a line to stderr. */
  note(line: string): void;
  /** Colours a text for stdout or stderr, where that is a terminal and NO_COLOR is not set. */
  style(stream: 'stdout' | 'stderr', style: Style, text: string): string;
}

const DEFAULT_COLUMNS = 100;

export function openTerminal(
  { stdout, stderr }: { readonly stdout: OutputStream; readonly stderr: OutputStream },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isDumb = environment['TERM'] === 'dumb';
  const isPlain = isDumb || (environment['NO_COLOR'] ?? '') !== '';
  const streams = { stdout, stderr };
  return {
    ...streams,
    hasBars: stderr.isTTY === true && !isDumb,
    widthColumns: stdout.columns ?? stderr.columns ?? DEFAULT_COLUMNS,
    print: (piece) =>
      new Promise((resolve, reject) => {
        stdout.write(piece, (error) => (error == null ? resolve() : reject(error)));
      }),
    note: (line) => void stderr.write(`${line}\n`),
    style: (stream, style, text) => (isPlain || streams[stream].isTTY !== true ? text : styleText(style, text)),
  };
}
