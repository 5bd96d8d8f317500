import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../lib/paths.mjs';
import { GUARANTEES } from './guarantees.mjs';

const FILE = join(ROOT, 'docs', 'PROOF.md');

/** Lines of the table: one per guarantee and part that shows it; `story` tells of each part by its name. */
export function tableOf(parts, storyOf) {
  return GUARANTEES.flatMap(({ id, promise, absent }) => {
    const showing = parts.filter(({ shows }) => shows.includes(id));
    if (showing.length === 0)
      return [{ id, promise, part: null, story: { result: 'not shown', reason: absent ?? 'no part shows it' } }];
    return showing.map((part) => ({ id, promise, part, story: storyOf(part) }));
  });
}

/** Figures of a result that speak of one guarantee, or else all of its figures, as a sentence. */
export function figuresOf({ figures = [] }, id) {
  const own = figures.filter(({ shows }) => shows === id);
  return (own.length > 0 ? own : figures)
    .flatMap(({ values }) => Object.entries(values).map(([name, value]) => `${value} ${name}`))
    .join(', ');
}

/** Writes docs/PROOF.md out of what is known. */
export async function writePage(parts, storyOf) {
  const rows = tableOf(parts, storyOf);
  const isRun = ({ story }) => story.result === 'passed' || story.result === 'failed';
  const text = [
    '# Proof',
    '',
    'What was done to show that Fanfare keeps its promises under faults, and what came out. `npm run prove` does it again and',
    'writes this page; [CONTRIBUTING.md](../CONTRIBUTING.md) says how. The judges are stand-ins of vendors in processes of',
    'their own, which log every member they take, and the audit of the books. A short form of each part runs in the gate, of',
    'those over a cluster in `npm run test:cluster`.',
    '',
    'Each result is the last one of its part, with the commit that was proved. `docs/proof` holds them whole, with the machine.',
    '',
    '## By guarantee',
    '',
    '| | promise | what was done | figures | date, commit | minutes | result |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.filter(isRun).map((row) => `| ${cellsOf(row).map(escapeCell).join(' | ')} |`),
    '',
    '## Not run',
    '',
    '| | promise | part | why |',
    '| --- | --- | --- | --- |',
    ...rows
      .filter((row) => !isRun(row))
      .map(
        ({ id, promise, part, story }) =>
          `| ${[id, promise, part?.name ?? '', story.reason].map(escapeCell).join(' | ')} |`,
      ),
    '',
  ].join('\n');
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(FILE, await format(text, { ...(await resolveConfig(FILE)), parser: 'markdown' }));
}

function cellsOf({ id, promise, part, story }) {
  const older = story.isStale ? ', before later changes' : '';
  return [
    id,
    promise,
    `${part.what} (\`${part.name}\`)`,
    figuresOf(story, id),
    `${story.at.slice(0, 10)}, ${story.commit}`,
    story.minutes,
    `${story.result}${older}`,
  ];
}

const escapeCell = (value) => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
