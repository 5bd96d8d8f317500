/** One run of the demo, from its arguments to the exit code. */
import { inspect } from 'node:util';
import { ApiProblem, UnreachableError } from '../cli/cli-errors.js';
import { chooseLanguage } from '../cli/language-choice.js';
import { problemWords } from '../cli/text/problem-text.js';
import type { OutputStream } from '../cli/terminal.js';
import { sayIn, type Say, type Wording } from '../cli/wording.js';
import { isDomainError } from '../core/errors.js';
import type { Language } from '../core/language.js';
import { DemoFailure } from './demo-failure.js';
import { readDemoOptions } from './demo-options.js';
import { playDemo, type Demo } from './play-demo.js';
import { findScenario, SCENARIOS } from './scenarios/registry.js';
import { DEMO_TEXT as T } from './text/demo-text.js';
import { OPTION_TEXT } from './text/option-text.js';

/** The outside of a run. */
export interface DemoRun extends Pick<Demo, 'stdout' | 'environment' | 'clock' | 'signal'> {
  readonly argv: readonly string[];
  readonly stderr: OutputStream;
  readonly systemLocale: string;
}

export interface Voice {
  readonly say: Say;
  readonly language: Language;
}

/** What is played, from its options to its exit code. */
export interface DemoKind {
  play(run: DemoRun, voice: Voice): Promise<number>;
  /** Said when it was stopped before its end. */
  readonly interrupted: Wording;
}

const INTERRUPTED = 130;
const EMBEDDED: DemoKind = { play: playAsAsked, interrupted: T.interrupted };

/** Plays the demo and answers the exit code; everything there was to say has been said. */
export async function runDemo(run: DemoRun, kind: DemoKind = EMBEDDED): Promise<number> {
  const language = chooseLanguage(run.argv, run.environment, run.systemLocale);
  const say = sayIn(language);
  try {
    return await kind.play(run, { say, language });
  } catch (error) {
    if (run.signal.aborted && error === run.signal.reason) {
      run.stderr.write(`${say(kind.interrupted)}\n`);
      return INTERRUPTED;
    }
    const { line, exitCode } = describe(error, say);
    run.stderr.write(`${say(T.failurePrefix)}${line}\n`);
    return exitCode;
  }
}

async function playAsAsked(run: DemoRun, voice: Voice): Promise<number> {
  const options = readDemoOptions(run.argv);
  if (options.isHelp) {
    run.stdout.write(
      voice.say(OPTION_TEXT.help, SCENARIOS.map(({ name, summary }) => `${name} – ${voice.say(summary)}`).join('; ')),
    );
    return 0;
  }
  return playDemo({ ...run, ...voice, options, scenario: findScenario(options.scenarioName) });
}

function describe(error: unknown, say: Say): { readonly line: string; readonly exitCode: number } {
  if (error instanceof DemoFailure) return { line: say(error.wording), exitCode: error.exitCode };
  if (error instanceof ApiProblem || isDomainError(error))
    return { line: problemWords(error, say).message, exitCode: 1 };
  if (error instanceof UnreachableError) return { line: say(T.unreachable, error.url), exitCode: 1 };
  return { line: `${say(T.defect)} ${inspect(error)}`, exitCode: 1 };
}
