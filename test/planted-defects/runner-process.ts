/**
 * A process of its own that keeps one test runner open and runs named tests in it, each over sources that are changed
 * as its request says. What was read and compiled for one run is there for the next: only changed files are read again.
 */
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { changedSources, type SourceChange } from './changed-source.js';
import type { NamedTest, RunAnswer, RunRequest } from './runner-protocol.js';

const ROOT = process.cwd();
const MAX_REASON_LINES = 6;

let changes: readonly SourceChange[] = [];
const seenErrors = new Set<unknown>();
const vitest = await createVitest(
  'test',
  { root: ROOT, watch: false, maxWorkers: 1, reporters: [{}], bail: 0, retry: 0, testTimeout: 300_000 },
  { plugins: [changedSources(() => changes)] },
);
process.on('message', (request: RunRequest) => void answer(request));
process.on('disconnect', () => void vitest.close().finally(() => process.exit()));

/** Runs one after another: the parent sends the next request when it has the answer. */
async function answer(request: RunRequest): Promise<void> {
  const touched = [...changes, ...request.changes].map(({ file }) => join(ROOT, file));
  changes = request.changes;
  for (const file of touched) vitest.invalidateFile(file);
  process.send?.({ id: request.id, ...(await run(request.tests)) } satisfies RunAnswer);
}

async function run(tests: readonly NamedTest[]): Promise<Omit<RunAnswer, 'id'>> {
  vitest.setGlobalTestNamePattern(new RegExp(`^(?:${tests.map(({ name }) => patternOf(name)).join('|')})$`));
  const files = [...new Set(tests.map(({ file }) => join(ROOT, file)))];
  const project = vitest.getRootProject();
  const result = await vitest.runTestSpecifications(files.map((file) => project.createSpecification(file)));
  // What earlier runs found is still in the result.
  const modules = result.testModules.filter(({ moduleId }) => files.includes(moduleId));
  const unhandled = result.unhandledErrors.filter((error) => !seenErrors.has(error));
  for (const error of unhandled) seenErrors.add(error);
  const ran = modules.flatMap((module) => [...module.children.allTests()]);
  const failed = ran.filter((test) => test.result().state === 'failed');
  const errors = failed.flatMap((test) => test.result().errors ?? []);
  const crashes = [...unhandled, ...modules.flatMap((module) => module.errors())];
  return {
    passed: ran.filter((test) => test.result().state === 'passed').map(({ fullName }) => fullName),
    failed: failed.map(({ fullName }) => fullName),
    reasons: [...errors, ...crashes].map(reasonOf),
    isByAssertion: errors.length > 0 && crashes.length === 0 && errors.every(isAssertion),
  };
}

const patternOf = (name: string): string => name.replaceAll(' > ', ' ').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function reasonOf(error: unknown): string {
  const { name = '', message = String(error) } = error as { readonly name?: string; readonly message?: string };
  return `${name}: ${message.split('\n').slice(0, MAX_REASON_LINES).join(' | ')}`;
}

/** Our own asserts count: to stop is what they are for. Property tests wrap what failed, so the causes tell. */
function isAssertion(error: unknown): boolean {
  for (let current = error; typeof current === 'object' && current !== null;) {
    const { name, message, cause } = current as { name?: unknown; message?: unknown; cause?: unknown };
    if (name === 'AssertionError' || String(message).startsWith('Broken invariant')) return true;
    current = cause;
  }
  return false;
}
