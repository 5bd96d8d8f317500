import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workerFile } from '../../src/core/worker-file.js';
import { minutes, reportFigures } from '../support/proof.js';
import { PLANTED_DEFECTS, WITHOUT_SUBJECT } from './defects.js';
import type { RunAnswer, RunRequest } from './runner-protocol.js';

/** Those of the list, and our own of grants that are bits, and of orders that hold coupons. */
const KNOWN_DEFECTS = [
  ...Array.from({ length: 26 }, (_, index) => `D${index + 1}`),
  ...['B1', 'B2'],
  ...['O1', 'O2', 'O3', 'O4'],
];

describe('planted defects', () => {
  let runner: ChildProcess;
  let requests = 0;
  let caught = 0;
  beforeAll(() => {
    runner = fork(workerFile(import.meta.url, './runner-process.js'), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  });
  afterAll(async () => {
    if (runner.exitCode !== null) return;
    const ended = once(runner, 'exit');
    runner.disconnect();
    await ended;
    reportFigures('R29', { 'defects planted': PLANTED_DEFECTS.length, 'seen by their named test': caught });
  });

  const run = ({ tests, changes }: Omit<RunRequest, 'id'>): Promise<Omit<RunAnswer, 'id'>> => {
    const request: RunRequest = { id: ++requests, tests, changes };
    return new Promise((resolve, reject) => {
      const onEnd = (code: number | null): void => {
        reject(new Error(`The process that runs the tests ended with ${String(code)}.`));
      };
      const onAnswer = ({ id, ...answer }: RunAnswer): void => {
        if (id !== request.id) return; // of a request that timed out
        runner.off('message', onAnswer).off('exit', onEnd);
        resolve(answer);
      };
      runner.on('message', onAnswer).once('exit', onEnd);
      runner.send(request);
    });
  };

  it('are all there, or it is said why not', () => {
    const named = [...PLANTED_DEFECTS.map(({ id }) => id), ...Object.keys(WITHOUT_SUBJECT)];
    expect(named.sort()).toEqual(KNOWN_DEFECTS.sort());
  });

  it('fit the sources as they are', () => {
    const places = PLANTED_DEFECTS.flatMap(({ id, changes }) =>
      changes.map(({ file, from }) => ({ id, file, from, times: readFileSync(file, 'utf8').split(from).length - 1 })),
    );
    expect(places.filter(({ times }) => times !== 1)).toEqual([]);
  });

  it(
    'are planted in tests that pass without them',
    async () => {
      const tests = PLANTED_DEFECTS.map(({ caughtBy }) => caughtBy);
      const { passed, ...others } = await run({ tests, changes: [] });
      expect(others).toEqual({ failed: [], reasons: [], isByAssertion: false });
      expect(new Set(passed)).toEqual(new Set(tests.map(({ name }) => name)));
    },
    minutes(10, 10),
  );

  it.each(PLANTED_DEFECTS)(
    '$id is seen: $caughtBy.name',
    async ({ changes, caughtBy }) => {
      const answer = await run({ tests: [caughtBy], changes });
      expect(answer).toEqual({
        failed: [caughtBy.name],
        passed: [],
        reasons: expect.arrayContaining([expect.any(String)]) as string[], // the look at the books behind a test adds its own
        isByAssertion: true,
      });
      caught++;
    },
    minutes(10, 10),
  );
});
