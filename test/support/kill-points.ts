/**
 * Kills this very process before or after the n-th statement of the store: also where it has committed and nobody was
 * told. Statements of every connection of this thread count, pragmas too.
 */
import Database from 'better-sqlite3';

export interface KillPoints {
  /** How many were passed so far. */
  readonly passed: number;
  /** Runs `body` without counting its statements. */
  quietly<Result>(body: () => Result): Result;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Counts from now on; at point `killAt` the process is gone. 0 = never. */
export function installKillPoints(killAt: number): KillPoints {
  let passed = 0;
  let isQuiet = false;
  const tick = (): void => {
    if (!isQuiet && ++passed === killAt) process.kill(process.pid, 'SIGKILL');
  };
  const probe = new Database(':memory:');
  const statements = Object.getPrototypeOf(probe.prepare('SELECT 1')) as object;
  probe.close();
  const wrap = (prototype: object, names: readonly string[]): void => {
    for (const name of names) {
      const method = Reflect.get(prototype, name) as Method; // the driver's own functions
      Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
        tick();
        const result = method.apply(this, args);
        tick();
        return result;
      });
    }
  };
  wrap(Database.prototype, ['exec']);
  wrap(statements, ['run', 'get', 'all', 'iterate']);
  return {
    get passed() {
      return passed;
    },
    quietly: (body) => {
      isQuiet = true;
      try {
        return body();
      } finally {
        isQuiet = false;
      }
    },
  };
}
