import { expect, it } from 'vitest';
import { renderReference } from './cli-reference.js';
import { COMMAND_TREE } from './command-tree.js';
import { EXIT_CODES } from './exit-code.js';

it('docs/CLI.md is what the command tree says', async () => {
  await expect(renderReference(COMMAND_TREE)).toMatchFileSnapshot('../../docs/CLI.md');
});

it('the reference lists every exit code and no other', () => {
  const section = /## Exit codes\n([\s\S]*?)\n## /.exec(renderReference(COMMAND_TREE))?.[1] ?? '';
  const listed = [...section.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(EXIT_CODES));
});
