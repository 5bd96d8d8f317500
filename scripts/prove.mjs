// Shows at full size what the gate shows in short. Each result is kept in docs/proof, so a run that was ended
// goes on where it was, and a part is run again only after a change that concerns it.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { isStopped, runChild } from './lib/child.mjs';
import { MODULES } from './lib/paths.mjs';
import { figuresOf, tableOf, writePage } from './prove/page.mjs';
import { loadParts } from './prove/registry.mjs';
import { figuresFile, keepResult, keptResult } from './prove/results.mjs';
import { whyNot } from './prove/tools.mjs';

const USAGE = `npm run prove -- [--list] [--only NAME[,NAME]] [--again] [--write]
  --list   shows the parts, the minutes they take, and what is known of each
  --only   runs only these parts
  --again  runs also what has a result that still holds
  --write  runs nothing, writes docs/PROOF.md out of the results that are kept`;

const skipped = new Map();
process.exitCode = await main();

async function main() {
  let options;
  try {
    options = parseArgs({
      options: {
        list: { type: 'boolean' },
        only: { type: 'string' },
        again: { type: 'boolean' },
        write: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (options.help) return (console.log(USAGE), 0);
  const parts = await loadParts();
  const chosen = choose(parts, options.only);
  if (chosen === undefined) return 2;
  if (options.list) return (list(chosen), 0);
  if (!options.write) {
    const code = await runParts(chosen, { isAgain: options.again === true, onKept: () => writePage(parts, storyOf) });
    if (code !== undefined) return code;
  }
  await writePage(parts, storyOf);
  printTable(chosen);
  return chosen.some((part) => storyOf(part).result === 'failed') ? 1 : 0;
}

function choose(parts, only) {
  if (only === undefined) return parts;
  const names = only.split(',');
  const stranger = names.find((name) => !parts.some((part) => part.name === name));
  if (stranger === undefined) return parts.filter(({ name }) => names.includes(name));
  console.error(`There is no part "${stranger}"; choose of ${parts.map(({ name }) => name).join(', ')}.`);
  return undefined;
}

function list(parts) {
  for (const part of parts) {
    const { result, isStale, reason } = storyOf(part);
    const known = isStale ? `${result}, stale` : (reason ?? result);
    console.log(
      `${part.name.padEnd(24)} ${String(part.minutes).padStart(3)} min  ${part.shows.join(' ').padEnd(16)} ${known}`,
    );
  }
  console.log(`${parts.length} parts, ${parts.reduce((sum, { minutes }) => sum + minutes, 0)} minutes in all`);
}

/** What is known of a part: what it found, or why it was not run. */
function storyOf(part) {
  const reason = skipped.get(part.name);
  return keptResult(part) ?? { result: 'not run', reason: reason ?? 'not run yet' };
}

/** Runs what is missing or stale; answers an exit code only when it was stopped. */
async function runParts(parts, { isAgain, onKept }) {
  for (const part of parts) {
    const kept = keptResult(part);
    if (kept !== undefined && !kept.isStale && kept.result === 'passed' && !isAgain) {
      console.log(`── ${part.name}: holds, ${kept.result} in ${kept.minutes} min at ${kept.commit}`);
      continue;
    }
    const reason = whyNot(part);
    if (reason !== undefined) {
      skipped.set(part.name, reason);
      console.log(`── ${part.name}: skipped, ${reason}`);
      continue;
    }
    const { code, ...result } = await runPart(part);
    if (isStopped(code)) {
      console.log(`Stopped in ${part.name}. "npm run prove" goes on there.`);
      return code;
    }
    keepResult(part, result);
    console.log(JSON.stringify({ part: part.name, ...result }));
    await onKept();
  }
  return undefined;
}

async function runPart(part) {
  console.log(`── ${part.name}: ${part.what} (about ${part.minutes} min)`);
  const file = figuresFile(part);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  const at = new Date().toISOString();
  const startedMs = performance.now();
  const [command, ...args] = part.command ?? [
    process.execPath,
    join(MODULES, 'vitest', 'vitest.mjs'),
    'run',
    ...(part.isCluster === true ? ['--config', 'vitest.cluster.config.ts'] : []),
    ...part.tests,
    ...(part.named === undefined ? [] : ['-t', part.named]),
  ];
  const env = { ...process.env, FANFARE_PROVE: 'full', FANFARE_PROVE_FIGURES: file };
  const { code } = await runChild(command, args, { env });
  const minutes = Number(((performance.now() - startedMs) / 60_000).toFixed(1));
  const figures = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  // Tests that were all skipped end well too.
  const isSilent = part.tests !== undefined && !figures.some(({ shows }) => part.shows.includes(shows));
  if (code === 0 && isSilent) console.error(`${part.name} ended well but told no figure of ${part.shows.join(', ')}.`);
  return { code, at, minutes, result: code === 0 && !isSilent ? 'passed' : 'failed', figures };
}

function printTable(parts) {
  console.log('');
  for (const { id, promise, part, story } of tableOf(parts, storyOf)) {
    if (part === null) continue;
    const figures = figuresOf(story, id) || (story.reason ?? '');
    console.log(
      `${id.padEnd(4)} ${story.result.padEnd(8)} ${String(story.minutes ?? '').padStart(5)} min  ${promise}: ${part.name}: ${figures}`,
    );
  }
}
