import type { SourceChange } from './changed-source.js';

/** A test by its file and the names that lead to it, as the runner prints them: `describe > test`. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** One run of tests over the sources with these changes. */
export interface RunRequest {
  readonly id: number;
  readonly tests: readonly NamedTest[];
  readonly changes: readonly SourceChange[];
}

export interface RunAnswer {
  /** Of the request. */
  readonly id: number;
  /** Tests that ran, by name. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** First line of what each failed test, and each file that did not load, said. */
  readonly reasons: readonly string[];
  /** True when what failed, failed by an expectation or by the program's own assert, not by a crash or a time-out. */
  readonly isByAssertion: boolean;
}
