/**
 * Commands as data: what they take, what they are for, and what they do. The parser, `--help` in both languages and
 * docs/CLI.md are made from it, and `run` gets its options as typed values.
 */
import type { CliContext } from './cli-context.js';
import { readNamed, type ReadContext, type Reader } from './option-reader.js';
import type { Wording } from './wording.js';

export interface OptionSpec<Value> {
  /** As commander takes them: `--limit <n>`. */
  readonly flags: string;
  readonly help: Wording;
  readonly reader: Reader<Value>;
}

export interface ArgumentSpec<Value> {
  /** `<id>`, `[file]`, `<members...>`. */
  readonly name: string;
  readonly help: Wording;
  readonly reader: Reader<Value>;
}

type Options = Readonly<Record<string, OptionSpec<unknown>>>;
type Arguments = Readonly<Record<string, ArgumentSpec<unknown>>>;
type Values<Specs extends Readonly<Record<string, { readonly reader: Reader<unknown> }>>> = {
  readonly [Name in keyof Specs]: Specs[Name]['reader'] extends Reader<infer Value> ? Value : never;
};

/** What a person typed, read and checked. */
export interface Input<Args extends Arguments, Opts extends Options> {
  readonly args: Values<Args>;
  readonly options: Values<Opts>;
}

interface CommandDefinition<Args extends Arguments, Opts extends Options> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: Wording;
  /** Paragraphs below the summary. */
  readonly details?: Wording;
  readonly args: Args;
  readonly options: Opts;
  /** Command lines; a test parses each of them. */
  readonly examples: readonly string[];
  /** How it ends beside the codes that every command has. */
  readonly run: (context: CliContext, input: Input<Args, Opts>) => Promise<void>;
}

/** A command whose types are closed up: the tree holds many of them. */
export interface Command {
  readonly kind: 'command';
  readonly name: string;
  readonly summary: Wording;
  readonly details: Wording | undefined;
  readonly args: readonly ArgumentSpec<unknown>[];
  readonly options: readonly OptionSpec<unknown>[];
  readonly examples: readonly string[];
  /** Reads what was typed; answers the work to do. @throws UsageError */
  readonly prepare: (given: Given, context: ReadContext) => (context: CliContext) => Promise<void>;
}

/** Texts in the order of the command's arguments and options; none where one was not given. */
export interface Given {
  readonly args: readonly (readonly string[])[];
  readonly options: readonly (readonly string[])[];
}

export interface Group {
  readonly kind: 'group';
  readonly name: string;
  readonly summary: Wording;
  readonly commands: readonly CommandNode[];
}

export type CommandNode = Command | Group;

export const option = <Value>(flags: string, help: Wording, reader: Reader<Value>): OptionSpec<Value> => ({
  flags,
  help,
  reader,
});

export const argument = <Value>(name: string, help: Wording, reader: Reader<Value>): ArgumentSpec<Value> => ({
  name,
  help,
  reader,
});

export function command<Args extends Arguments, Opts extends Options>(
  definition: CommandDefinition<Args, Opts>,
): Command {
  const { name, summary, details, examples, run } = definition;
  return {
    kind: 'command',
    name,
    summary,
    details,
    examples,
    args: Object.values(definition.args),
    options: Object.values(definition.options),
    prepare: (given, context) => {
      const args = readAll(definition.args, given.args, context, (spec) => spec.name);
      const options = readAll(definition.options, given.options, context, (spec) => longFlag(spec.flags));
      return (cli) => run(cli, { args, options });
    },
  };
}

export const group = (name: string, summary: Wording, commands: readonly CommandNode[]): Group => ({
  kind: 'group',
  name,
  summary,
  commands,
});

/** `-n, --limit <n>` → `--limit`. */
export const longFlag = (flags: string): string => /--[a-z][a-z-]*/.exec(flags)?.[0] ?? flags;

function readAll<Specs extends Readonly<Record<string, { readonly reader: Reader<unknown> }>>>(
  specs: Specs,
  texts: readonly (readonly string[])[],
  context: ReadContext,
  nameOf: (spec: Specs[string]) => string,
): Values<Specs> {
  const read = Object.entries(specs).map(([key, spec], index) => {
    const named = spec as Specs[string]; // an entry's value is one of the record's
    return [key, readNamed(spec.reader, nameOf(named), { texts: texts[index] ?? [], context })] as const;
  });
  return Object.fromEntries(read) as Values<Specs>; // each key has what its own reader read
}
