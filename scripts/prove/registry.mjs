import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Failure } from '../lib/failure.mjs';
import { ROOT } from '../lib/paths.mjs';
import { GUARANTEES } from './guarantees.mjs';
import { TOOLS } from './tools.mjs';

const PARTS = join(ROOT, 'scripts', 'prove', 'parts');
/** No part may be expected to take longer: a run that is interrupted loses no more than one of them. */
export const MAX_PART_MINUTES = 40;

/**
 * All parts, in the order of the files in `parts/` and within them. A part:
 *
 *   name       of letters, digits and hyphens
 *   shows      ids of guarantees.mjs
 *   what       what is done, in a sentence for docs/PROOF.md
 *   tests      files that the test runner runs at full size (their short form is part of the gate, or of `npm run test:cluster`)
 *   isCluster  beside tests: they are those of `npm run test:cluster`
 *   named      beside tests: only those whose name holds this
 *   command    or, instead: [program, ...arguments], started in the project's folder
 *   minutes    expected, at most 40
 *   tools      programs of tools.mjs that it needs; left out without them
 *   needsRoot  true where it mounts or shapes traffic
 */
export async function loadParts() {
  const files = readdirSync(PARTS)
    .filter((name) => name.endsWith('.mjs'))
    .sort();
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(PARTS, name)).href)));
  const parts = modules.flatMap((module) => module.default);
  for (const part of parts) check(part, parts);
  return parts;
}

function check({ name, shows, what, tests, command, minutes, tools = [] }, parts) {
  const refuse = (why) => {
    throw new Failure(`Part "${name}" of scripts/prove/parts ${why}.`);
  };
  if (!/^[a-z0-9-]+$/.test(name)) refuse('needs a name of small letters, digits and hyphens');
  if (parts.filter((other) => other.name === name).length > 1) refuse('is there twice');
  if (typeof what !== 'string') refuse('does not say what it does');
  if ((tests === undefined) === (command === undefined)) refuse('needs either tests or a command');
  if (!(minutes > 0 && minutes <= MAX_PART_MINUTES)) refuse(`takes more than ${MAX_PART_MINUTES} minutes: cut it`);
  for (const id of shows)
    if (!GUARANTEES.some((guarantee) => guarantee.id === id)) refuse(`shows ${id}, which guarantees.mjs does not name`);
  for (const tool of tools) if (!Object.hasOwn(TOOLS, tool)) refuse(`needs ${tool}, which tools.mjs does not name`);
}
