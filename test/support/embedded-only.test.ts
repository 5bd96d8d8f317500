import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EMBEDDED_ONLY } from './embedded-only.js';

it('names every test that needs a data folder where any store could stand', () => {
  const found = ['src', 'test']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith('.test.ts') && !/^(src\/adapters\/sqlite|test\/support)\//.test(file))
    .filter((file) => readFileSync(file, 'utf8').includes('= temporarySqliteStore('));
  expect(found.sort()).toEqual(Object.keys(EMBEDDED_ONLY).sort());
});
