/** docs/CLI.md out of the command tree: what it says is what the parser takes. */
import type { Command, CommandNode } from './command-spec.js';
import { PROGRAM_NAME } from './build-program.js';
import { EXIT_CODES } from './exit-code.js';
import { GENERAL_TEXT } from './text/general-text.js';

const INTRODUCTION = `# The command line

\`fanfare\` speaks to a running server over its HTTP API; \`fanfare serve\` is that server. This page is made from the
command tree (\`npm test -- src/cli/cli-reference.test.ts -u\` renews it); \`fanfare COMMAND --help\` says the same in the
language of your locale.

- Results go to stdout, everything else to stderr. With \`--json\` a result is one JSON document, the one that the API
  answers, an error is one line of JSON, and nothing else is written.
- Progress is bars on a terminal and a line each 10 s elsewhere. \`NO_COLOR\` and \`TERM=dumb\` are respected.
- Times are RFC 3339 (\`2027-06-01T00:00:00+08:00\`), the machine's own (\`"2027-06-01 00:00"\`), \`now\`, or a span from now
  (\`+90m\`, \`+2h\`, \`+7d\`).
- Every POST that creates or moves something carries an Idempotency-Key; \`--idempotency-key\` sets it, so that a script
  may repeat a command whose answer it lost.
`;

const ENVIRONMENT = [
  ['`FANFARE_URL`', 'the server, `http://127.0.0.1:7070` otherwise; `--url` goes before it'],
  ['`FANFARE_API_KEY`', 'the API key; `--api-key-file` goes before it. A key is never an argument'],
  ['`FANFARE_OPERATOR`', "who is recorded beside the key's name; the system user otherwise"],
  ['`FANFARE_IMPORT_PASSWORD`', "the password of a shop's own database, for `members import mysql://…`"],
  [
    '`FANFARE_DATA`, `FANFARE_CONFIG`, `FANFARE_HOST`, `FANFARE_PORT`',
    'what `serve` and `config check` read, behind their options',
  ],
  ['`LC_ALL`, `LC_MESSAGES`, `LANG`', 'language of texts, English or Chinese; `--lang` goes before them'],
] as const;

const EXIT_CODE_MEANINGS: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'done',
  refused: 'the server refused, a check found a difference, or a watched campaign was cancelled',
  usage: 'the command line is wrong; nothing was changed',
  unreachable: 'no server answers, or something else does',
  notAllowed: 'not allowed: a key is missing, unknown or lacks the scope',
  tryLater:
    'the server cannot do it now, or met a fault; the same command may succeed later. `serve`: the port or the data folder is in use',
  interrupted: 'ended by Ctrl-C',
};

/** The whole page, in English. */
export function renderReference(tree: readonly CommandNode[]): string {
  const globals = [
    ['--url <url>', GENERAL_TEXT.optionUrl.en],
    ['--api-key-file <file>', GENERAL_TEXT.optionApiKeyFile.en],
    ['--json', GENERAL_TEXT.optionJson.en],
    ['--lang <lang>', GENERAL_TEXT.optionLang.en],
    ['-V, --version', GENERAL_TEXT.version.en],
    ['-h, --help', GENERAL_TEXT.help.en],
  ] as const;
  const exitCodes = (Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]).map(
    (name) => [String(EXIT_CODES[name]), EXIT_CODE_MEANINGS[name]] as const,
  ); // the keys of a const object
  const sections = tree.map((node) => renderNode(node, PROGRAM_NAME, 2));
  return [
    INTRODUCTION,
    `## Environment\n\n${table(['variable', 'meaning'], ENVIRONMENT)}`,
    `## Exit codes\n\n${table(['code', 'meaning'], exitCodes)}`,
    `## Options of every command\n\n${bullets(globals)}`,
    ...sections,
  ].join('\n');
}

function renderNode(node: CommandNode, parent: string, depth: number): string {
  const line = `${parent} ${node.name}`;
  if (node.kind === 'command') return renderCommand(node, line, depth);
  const children = node.commands.map((child) => renderNode(child, line, depth + 1));
  return `${'#'.repeat(depth)} ${line}\n\n${node.summary.en}.\n\n${children.join('\n')}`;
}

function renderCommand(command: Command, line: string, depth: number): string {
  const usage = [line, ...command.args.map(({ name }) => name)].join(' ');
  const details = command.details === undefined ? '' : `\n${command.details.en}\n`;
  const parts = [
    ...command.args.map(({ name, help }) => [name, help.en] as const),
    ...command.options.map(
      ({ flags, help, reader }) => [flags, help.en + (reader.isRequired ? ' (required)' : '')] as const,
    ),
  ];
  const list = parts.length === 0 ? '' : `\n${bullets(parts)}`;
  const examples = `\n\`\`\`sh\n${command.examples.join('\n')}\n\`\`\`\n`;
  return `${'#'.repeat(depth)} ${usage.replaceAll('<', '\\<')}\n\n${command.summary.en}.\n${details}${list}${examples}`;
}

const bullets = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, text]) => `- \`${name}\`: ${text.replaceAll(/([*<])/g, '\\$1')}\n`).join('');

function table(header: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const widths = ([0, 1] as const).map((at) => Math.max(...[header, ...rows].map((row) => row[at].length)));
  const line = (cells: readonly string[], fill: string): string =>
    `|${cells.map((cell, at) => `${fill}${cell.padEnd(widths[at] ?? 0, fill)}${fill}`).join('|')}|\n`;
  return [
    line(header, ' '),
    line(['', ''], '-').replaceAll('|--', '| -').replaceAll('--|', '- |'),
    ...rows.map((row) => line(row, ' ')),
  ].join('');
}
