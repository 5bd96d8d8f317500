/** The command tree as a parser. What the parser finds is handed on; nothing runs here. */
import { Command as Parser, Option } from 'commander';
import type { Command, CommandNode, Given } from './command-spec.js';
import { GENERAL_TEXT, HELP_TITLES } from './text/general-text.js';
import type { Say, Wording } from './wording.js';

/** Options that every command takes, as typed. */
export interface GlobalTexts {
  readonly url: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly isJson: boolean;
}

/** The command that was named and the texts given to it. */
export interface Chosen {
  readonly command: Command;
  /** As typed: `fanfare promotion list`. */
  readonly line: string;
  readonly given: Given;
  readonly globals: GlobalTexts;
}

export interface ProgramOptions {
  readonly say: Say;
  readonly version: string;
  /** Takes the help's text, on request (stdout) or because a command was missing (stderr). */
  readonly writeHelp: (text: string, stream: 'stdout' | 'stderr') => void;
  readonly widthColumns: number;
  readonly onChosen: (chosen: Chosen) => void;
}

export const PROGRAM_NAME = 'fanfare';

/** @throws CommanderError out of `parse` of what it answers: help was shown, or the line is wrong. */
export function buildProgram(tree: readonly CommandNode[], options: ProgramOptions): Parser {
  const { say } = options;
  const program = new Parser(PROGRAM_NAME)
    .description(`${say(GENERAL_TEXT.program)}\n\n${say(GENERAL_TEXT.environment)}`)
    .version(options.version, '-V, --version', say(GENERAL_TEXT.version))
    .option('--url <url>', say(GENERAL_TEXT.optionUrl))
    .option('--api-key-file <file>', say(GENERAL_TEXT.optionApiKeyFile))
    .option('--json', say(GENERAL_TEXT.optionJson))
    .addOption(new Option('--lang <lang>', say(GENERAL_TEXT.optionLang)).choices(['en', 'zh-CN']))
    .showSuggestionAfterError(true);
  prepareParser(program, options);
  for (const node of tree) addNode(program, node, options);
  return program;
}

function addNode(parent: Parser, node: CommandNode, options: ProgramOptions): void {
  const parser = new Parser(node.name).summary(options.say(node.summary));
  prepareParser(parser, options);
  if (node.kind === 'group') {
    parser.description(options.say(node.summary));
    for (const child of node.commands) addNode(parser, child, options);
  } else {
    addCommand(parser, node, options);
  }
  parent.addCommand(parser);
}

function prepareParser(parser: Parser, { say, writeHelp, widthColumns }: ProgramOptions): void {
  parser
    .exitOverride()
    .helpOption('-h, --help', say(GENERAL_TEXT.help))
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: widthColumns,
      styleTitle: (title) => titleOf(title, say),
      subcommandTerm: (child) => child.name(),
      optionDescription: (described) => described.description,
    })
    .configureOutput({
      writeOut: (text) => {
        writeHelp(text, 'stdout');
      },
      writeErr: (text) => {
        writeHelp(text, 'stderr');
      },
      outputError: () => undefined, // said by whoever catches the error
    });
}

function titleOf(title: string, say: Say): string {
  const known = HELP_TITLES[title];
  return known === undefined ? title : say(known);
}

function addCommand(parser: Parser, command: Command, { say, onChosen }: ProgramOptions): void {
  parser.description(describe(command.summary, command.details, say));
  for (const { name, help, reader } of command.args) {
    // Readers see to what is missing, so that a value and its absence are refused in the same words.
    parser.argument(name, say(help), (text: string, before: readonly string[] | undefined) => collect(text, before));
    if (reader.isFlag) throw new TypeError(`the argument ${name} of ${command.name} needs a value`);
  }
  const attributes = command.options.map(({ flags, help, reader }) => {
    const option = new Option(flags, say(help));
    if (!reader.isFlag)
      option.argParser((text: string, before: readonly string[] | undefined) => collect(text, before));
    parser.addOption(option);
    return option.attributeName();
  });
  const examples = command.examples.map((line) => `  $ ${line}`).join('\n');
  parser.addHelpText('after', `\n${titleOf('Examples:', say)}\n${examples}\n`);
  parser.action(() => {
    const values: Readonly<Record<string, unknown>> = parser.opts();
    onChosen({
      command,
      line: lineOf(parser),
      given: {
        args: command.args.map((_, index) => textsOf(parser.processedArgs[index])),
        options: attributes.map((attribute) => textsOf(values[attribute])),
      },
      globals: globalsOf(parser.optsWithGlobals()),
    });
  });
}

const describe = (summary: Wording, details: Wording | undefined, say: Say): string =>
  details === undefined ? say(summary) : `${say(summary)}\n\n${say(details)}`;

const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

/** What the parser holds for an option: collected texts, `true` for a flag, nothing. */
function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'string') return [value];
  return value === true ? [''] : [];
}

const globalsOf = (values: Readonly<Record<string, unknown>>): GlobalTexts => ({
  url: textsOf(values['url'])[0],
  apiKeyFile: textsOf(values['apiKeyFile'])[0],
  isJson: values['json'] === true,
});

export function lineOf(parser: Parser): string {
  return parser.parent === null ? parser.name() : `${lineOf(parser.parent)} ${parser.name()}`;
}
