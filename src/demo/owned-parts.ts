type Close = () => unknown;

/** What a demo has started, closed in reverse. */
export class OwnedParts {
  private readonly closers: Close[] = [];

  add(close: Close): void {
    this.closers.unshift(close);
  }

  /** Closes everything, whatever one of them throws. @throws the first error, once all have been closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
