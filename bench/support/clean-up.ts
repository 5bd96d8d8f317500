/** What a bench has started or written, taken away in reverse order however it ends. */
export interface CleanUp {
  /** Called at the end, after everything that was added later. */
  add(step: () => unknown): void;
}

export async function withCleanUp<Result>(work: (cleanUp: CleanUp) => Promise<Result>): Promise<Result> {
  const steps: (() => unknown)[] = [];
  try {
    return await work({ add: (step) => steps.push(step) });
  } finally {
    for (const step of steps.reverse()) await step();
  }
}
