// A walkthrough is a page whose `sh` blocks are run one after another, in one shell; a `text` block below one of them is
// what it prints, to the letter.

const BLOCK = /^```sh\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm;
const MARK = '--- the next block ---';

/** The blocks of a page, and a script that runs them with a mark after each. */
export function readWalkthrough(page) {
  const blocks = [...page.matchAll(BLOCK)].map(([, commands, printed = '']) => ({ commands, printed }));
  const script = blocks.map(({ commands }) => `${commands}echo '${MARK}'\n`).join('');
  return { blocks, script };
}

/** What was printed and is not what the page says, in words. */
export function differencesOf(blocks, output) {
  const printed = output.split(`${MARK}\n`);
  return blocks.flatMap((block, index) =>
    printed[index] === block.printed
      ? []
      : [`${block.commands}\nprints\n${printed[index] ?? 'nothing: it was not reached'}\nand not\n${block.printed}`],
  );
}
