import { describe, expect, it } from 'vitest';
import { longFlag, type Command, type CommandNode } from '../../src/cli/command-spec.js';
import { COMMAND_TREE } from '../../src/cli/command-tree.js';
import { PAGES, readPage } from '../support/sources.js';

const GLOBAL_FLAGS = ['--url', '--api-key-file', '--json', '--lang', '--help', '--version'];

const { scripts } = JSON.parse(readPage('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

/** Command lines in backticks and in code blocks that begin with `program`. */
function linesOf(text: string, program: string): string[] {
  const blocks = [...text.matchAll(/^```[^]*?^```/gm)].map(([block]) => block).join('\n');
  const inline = [...text.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(([, line]) => line ?? '');
  const lines = [...blocks.replaceAll('\\\n', ' ').split('\n'), ...inline].map((line) =>
    line.trim().replace(/^\$ /, '').replace(/\s+/g, ' '),
  );
  return lines.filter((line) => line.startsWith(`${program} `));
}

/** What of a line the program would refuse: an unknown command or option. */
function problemOf(line: string): string | undefined {
  const words = line.split(' ').slice(1);
  let nodes: readonly CommandNode[] = COMMAND_TREE;
  let command: Command | undefined;
  while (command === undefined) {
    const word = words.shift();
    if (word === undefined || /^-|^[A-Z]+$/.test(word)) return undefined; // a group by itself
    const node = nodes.find(({ name }) => name === word);
    if (node === undefined) return `${line}: no command ${word}`;
    if (node.kind === 'command') command = node;
    else nodes = node.commands;
  }
  const end = words.findIndex((word) => /^[|#>&;]/.test(word));
  const given = (end < 0 ? words : words.slice(0, end)).filter((word) => word.startsWith('--'));
  const flags = [...GLOBAL_FLAGS, ...command.options.map((option) => longFlag(option.flags))];
  const unknown = given.find((word) => !flags.includes(word.replace(/=.*/, '')));
  return unknown === undefined ? undefined : `${line}: no option ${unknown}`;
}

describe.each(PAGES)('%s', (page) => {
  const text = readPage(page);

  it('shows only commands and options of fanfare that exist', () => {
    expect(linesOf(text, 'fanfare').flatMap((line) => problemOf(line) ?? [])).toEqual([]);
  });

  it('shows only npm scripts that exist', () => {
    const names = linesOf(text, 'npm').map((line) => /^npm (?:run (?:--\S+ )?)?([\w-]+)/.exec(line)?.[1] ?? '');
    const ofNpm = ['install', 'ci', 'install-scripts', 'run'];
    expect(names.filter((name) => !(name in scripts) && !ofNpm.includes(name))).toEqual([]);
  });
});

describe('README.md and README.zh-CN.md', () => {
  it('name the same commands and link to the same pages', () => {
    const [english, chinese] = ['README.md', 'README.zh-CN.md'].map((page) => {
      const text = readPage(page);
      const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '');
      return {
        commands: linesOf(text, 'npm').map((line) => line.replace(/ #.*/, '')),
        links: links.filter((link) => !link.startsWith('README')),
      };
    });
    expect(chinese).toEqual(english);
    expect(english?.commands).toContain('npm run demo');
  });
});
