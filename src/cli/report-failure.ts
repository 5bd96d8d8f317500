/** Errors as people read them: one line that says what is wrong, and what to do. */
import { inspect } from 'node:util';
import { isDomainError } from '../core/errors.js';
import { ApiProblem, BadNews, exitCodeOf, Interrupted, UnreachableError, UsageError } from './cli-errors.js';
import { printable } from './display-width.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { problemWords } from './text/problem-text.js';
import { FAILURE_TEXT } from './text/general-text.js';
import type { Terminal } from './terminal.js';
import type { Say } from './wording.js';

export interface FailureReport {
  readonly say: Say;
  readonly terminal: Terminal;
  readonly isJson: boolean;
  /** The command as typed without its values, for the hint at its help. */
  readonly line: string;
}

/** Says what went wrong and answers the exit code. */
export function reportFailure(error: unknown, report: FailureReport): ExitCode {
  if (error instanceof BadNews) return EXIT_CODES.refused;
  if (error instanceof Interrupted) return EXIT_CODES.interrupted;
  if (isClosedPipe(error)) return EXIT_CODES.ok; // the reader has seen enough
  const { exitCode, code, message, hints, document } = describeFailure(error, report);
  const { terminal, say } = report;
  if (report.isJson) {
    terminal.note(JSON.stringify(document ?? { code, detail: message }));
    return exitCode;
  }
  const [first = '', ...rest] = message.split('\n');
  terminal.note(terminal.style('stderr', 'red', say(FAILURE_TEXT.prefix)) + printable(first));
  for (const line of [...rest, ...hints]) terminal.note(`  ${printable(line)}`);
  return exitCode;
}

interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
  /** What `--json` shows instead of code and message. */
  readonly document?: unknown;
}

function describeFailure(error: unknown, { say, line }: FailureReport): Failure {
  if (error instanceof UsageError) {
    return {
      exitCode: EXIT_CODES.usage,
      code: 'USAGE',
      message: say(error.wording),
      hints: [say(FAILURE_TEXT.seeHelp, line)],
    };
  }
  if (error instanceof UnreachableError) {
    return {
      exitCode: EXIT_CODES.unreachable,
      code: 'UNREACHABLE',
      message: say(FAILURE_TEXT[error.kind], error.url),
      hints: [],
    };
  }
  if (error instanceof ApiProblem || isDomainError(error)) {
    const { message, hints } = problemWords(error, say);
    const document = error instanceof ApiProblem ? error.document : undefined;
    return { exitCode: exitCodeOf(error), code: error.code, message, hints, document };
  }
  return {
    exitCode: EXIT_CODES.tryLater,
    code: 'DEFECT',
    message: `${say(FAILURE_TEXT.defect)}\n${inspect(error)}`,
    hints: [],
  };
}

const isClosedPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE';
