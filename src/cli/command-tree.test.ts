import { describe, expect, it } from 'vitest';
import { buildProgram, type Chosen } from './build-program.js';
import { longFlag, type Command, type CommandNode } from './command-spec.js';
import { COMMAND_TREE } from './command-tree.js';
import { epochMs } from '../core/time.js';
import { LANGUAGES } from '../core/language.js';
import { sayIn } from './wording.js';

const commands = (nodes: readonly CommandNode[], line = 'fanfare'): (readonly [string, Command])[] =>
  nodes.flatMap((node) =>
    node.kind === 'group' ? commands(node.commands, `${line} ${node.name}`) : [[`${line} ${node.name}`, node] as const],
  );

describe('every command', () => {
  it.each(commands(COMMAND_TREE))(
    '%s has examples that it understands, and its texts in both languages',
    (line, command) => {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) {
        const chosen = parse(wordsOf(example));
        expect(chosen?.line).toBe(line);
        expect(() => chosen?.command.prepare(chosen.given, { now: epochMs(Date.UTC(2027, 0, 1)) })).not.toThrow();
      }
      const flags = command.options.map((option) => longFlag(option.flags));
      expect(new Set(flags).size).toBe(flags.length);
      for (const taken of ['--url', '--json', '--lang', '--version', '--help', '--api-key-file'])
        expect(flags).not.toContain(taken);
      for (const text of [command.summary, ...[...command.args, ...command.options].map(({ help }) => help)]) {
        for (const language of LANGUAGES) expect(text[language].trim()).not.toBe('');
        expect(text['zh-CN']).toMatch(/\p{Script=Han}/u);
        expect(text.en).not.toMatch(/\p{Script=Han}/u);
      }
    },
  );
});

function parse(argv: readonly string[]): Chosen | undefined {
  const found: { chosen?: Chosen } = {};
  buildProgram(COMMAND_TREE, {
    say: sayIn('en'),
    version: '0',
    widthColumns: 100,
    writeHelp: () => undefined,
    onChosen: (chosen) => {
      found.chosen = chosen;
    },
  }).parse([...argv], { from: 'user' });
  return found.chosen;
}

/** Words of an example as a shell would split them, up to a pipe or a redirection. */
function wordsOf(example: string): readonly string[] {
  const words = [...example.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  const typed = words.slice(words.indexOf('fanfare') + 1);
  const end = typed.findIndex((word) => /^(?:[|<>&;]|\d>)/.test(word));
  return end < 0 ? typed : typed.slice(0, end);
}
