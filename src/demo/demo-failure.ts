import type { Wording } from '../cli/wording.js';

/** The demo cannot go on: one line for people, and the exit code. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';

  constructor(
    readonly wording: Wording,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(wording.en);
  }
}
