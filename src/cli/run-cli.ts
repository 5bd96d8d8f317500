/** One run of the command line, from the arguments to the exit code. */
import { CommanderError } from 'commander';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Clock } from '../core/ports/clock.js';
import { ApiClient } from './api-client.js';
import { buildProgram, lineOf, type Chosen, type GlobalTexts } from './build-program.js';
import type { CliContext } from './cli-context.js';
import { UsageError } from './cli-errors.js';
import { COMMAND_TREE } from './command-tree.js';
import { isKeyInTheClear, readConnection } from './connection.js';
import { displayWidth } from './display-width.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { chooseLanguage } from './language-choice.js';
import { reportFailure } from './report-failure.js';
import { openTerminal, type OutputStream, type Terminal } from './terminal.js';
import { DID_YOU_MEAN, FAILURE_TEXT, FILTER_BY_WHERE, GENERAL_TEXT, PARSER_TEXT } from './text/general-text.js';
import { sayIn, type Say, type Wording } from './wording.js';

/** The outside of a run. */
export interface CliRun {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
  readonly systemLocale: string;
  readonly userName: string | undefined;
}

/** Runs a command and answers the exit code; errors have been said. */
export async function runCli(run: CliRun): Promise<ExitCode> {
  const language = chooseLanguage(run.argv, run.environment, run.systemLocale);
  const say = sayIn(language);
  const terminal = openTerminal(run, run.environment);
  const parsed = parse(run, { say, terminal });
  if (parsed.kind === 'ended') return parsed.exitCode;
  const { chosen } = parsed;
  const opened: { client?: ApiClient } = {};
  try {
    const work = chosen.command.prepare(chosen.given, { now: run.clock.now() });
    await work({
      ...run,
      say,
      language,
      terminal,
      isJson: chosen.globals.isJson,
      newKey: randomUUID,
      api: () => (opened.client ??= openClient(run, chosen.globals, { say, terminal })),
      ...outputOf(terminal, say, chosen.globals.isJson),
    });
    return EXIT_CODES.ok;
  } catch (error) {
    if (run.signal.aborted && error === run.signal.reason) {
      terminal.note(say(FAILURE_TEXT.interrupted));
      return EXIT_CODES.interrupted;
    }
    return reportFailure(error, { say, terminal, isJson: chosen.globals.isJson, line: chosen.line });
  } finally {
    await opened.client?.close();
  }
}

type Parsed =
  { readonly kind: 'chosen'; readonly chosen: Chosen } | { readonly kind: 'ended'; readonly exitCode: ExitCode };

interface Voice {
  readonly say: Say;
  readonly terminal: Terminal;
}

function parse(run: CliRun, { say, terminal }: Voice): Parsed {
  const found: { chosen?: Chosen } = {};
  const program = buildProgram(COMMAND_TREE, {
    say,
    version: run.version,
    widthColumns: Math.min(terminal.widthColumns, MAX_HELP_COLUMNS),
    writeHelp: (text, stream) => terminal[stream].write(text),
    onChosen: (chosen) => {
      found.chosen = chosen;
    },
  });
  try {
    program.parse(run.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (HELP_CODES.includes(error.code)) return { kind: 'ended', exitCode: EXIT_CODES.ok };
    if (error.code === 'commander.help') return { kind: 'ended', exitCode: EXIT_CODES.usage }; // a group alone
    const deepest = deepestOf(program, run.argv);
    const isJson = run.argv.includes('--json');
    const exitCode = reportFailure(new UsageError(parserWords(error, deepest)), {
      say,
      terminal,
      isJson,
      line: lineOf(deepest),
    });
    return { kind: 'ended', exitCode };
  }
  if (found.chosen === undefined) return { kind: 'ended', exitCode: EXIT_CODES.usage };
  return { kind: 'chosen', chosen: found.chosen };
}

const MAX_HELP_COLUMNS = 120;
const HELP_CODES = ['commander.helpDisplayed', 'commander.version'];

type Program = ReturnType<typeof buildProgram>;

/** The command that the line had come to when it was refused. */
function deepestOf(program: Program, argv: readonly string[]): Program {
  let at = program;
  for (const word of argv) at = at.commands.find((child) => child.name() === word) ?? at;
  return at;
}

function parserWords(error: CommanderError, at: Program): Wording {
  const phrase = PARSER_TEXT[error.code];
  const plain = error.message.replace(/^error: /, '');
  if (phrase === undefined) return { en: plain, 'zh-CN': plain };
  const name = /'([^']*)'/.exec(plain)?.[1] ?? '';
  const nearest = /\(Did you mean (?:one of )?(.+)\?\)/.exec(plain)?.[1];
  const takesFilter = at.options.some(({ long }) => long === '--where');
  const hint = (language: keyof Wording): string => {
    if (error.code === 'commander.excessArguments') return takesFilter ? FILTER_BY_WHERE[language] : '';
    return nearest === undefined ? '' : DID_YOU_MEAN[language](nearest);
  };
  return { en: phrase.en(name) + hint('en'), 'zh-CN': phrase['zh-CN'](name) + hint('zh-CN') };
}

function openClient(run: CliRun, globals: GlobalTexts, { say, terminal }: Voice): ApiClient {
  const connection = readConnection({ ...globals, environment: run.environment, userName: run.userName });
  if (isKeyInTheClear(connection)) {
    terminal.note(terminal.style('stderr', 'yellow', say(FAILURE_TEXT.keyInTheClear, connection.url.origin)));
  }
  return new ApiClient({ ...connection, signal: run.signal });
}

function outputOf(terminal: Terminal, say: Say, isJson: boolean): Pick<CliContext, 'result' | 'note' | 'next'> {
  return {
    result: (document, human) => terminal.print(isJson ? `${JSON.stringify(document, null, 2)}\n` : human()),
    note: (line) => {
      if (!isJson) terminal.note(line);
    },
    next: (...lines) => {
      if (isJson) return;
      const title = say(GENERAL_TEXT.next);
      lines.forEach((line, index) => {
        terminal.note(
          terminal.style('stderr', 'dim', `${index === 0 ? title : ' '.repeat(displayWidth(title))} ${line}`),
        );
      });
    },
  };
}
