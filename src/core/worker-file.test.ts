import { expect, it } from 'vitest';
import { workerFile } from './worker-file.js';

it('finds a worker beside a built module where it is', () => {
  const built = 'file:///opt/fanfare/dist/src/push/pool.js';
  expect(workerFile(built, './send-worker.js').href).toBe('file:///opt/fanfare/dist/src/push/send-worker.js');
});

it.each([
  ['file:///home/me/fanfare/src/push/pool.ts', 'file:///home/me/fanfare/dist/src/push/send-worker.js'],
  ['file:///usr/src/app/src/push/pool.ts', 'file:///usr/src/app/dist/src/push/send-worker.js'],
  ['file:///test/fanfare/bench/fanout.ts', 'file:///test/fanfare/dist/bench/send-worker.js'],
])('finds the built worker of a source module: %s', (source, expected) => {
  expect(workerFile(source, './send-worker.js').href).toBe(expected);
});
