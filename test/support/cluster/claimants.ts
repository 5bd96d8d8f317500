import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, vi } from 'vitest';
import { workerFile } from '../../../src/core/worker-file.js';
import { claimantLineSchema, type ClaimantCommand, type ClaimantOrder } from './claimant-lines.js';

/** For the last of 200,000 claims, on a machine with other work. */
const WAIT_MS = 1_800_000;
const MAIN = workerFile(import.meta.url, './claimant-main.js');

export interface Claimed {
  readonly claims: number;
  readonly repeats: number;
  readonly outcomes: ReadonlyMap<string, number>;
}

/** Several processes that claim at the same time; what they were answered is kept here. */
export class Claimants {
  /** What each claim that was answered "granted" was told, by its key. */
  readonly told = new Map<string, string>();
  private answered = 0;
  private readonly children: readonly ChildProcess[];
  private readonly ends: readonly Promise<Claimed>[];
  /** Rejects when one of them met an answer that it cannot have. */
  private readonly died: Promise<never>;

  constructor(orders: readonly ClaimantOrder[]) {
    this.children = orders.map((order) =>
      spawn(process.execPath, [MAIN.pathname, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    this.ends = this.children.map((child) => this.listen(child));
    this.died = Promise.all(this.ends).then(() => new Promise<never>(() => undefined));
    this.died.catch(() => undefined); // told of by whoever waits beside it
  }

  /** Begins, or goes on, at these nodes. */
  claimAt(urls: readonly string[]): void {
    this.say({ kind: 'claim', urls: [...urls] });
  }

  /** Resolves once so many claims were answered. */
  async made(claims: number): Promise<void> {
    const areMade = () => expect(this.answered).toBeGreaterThanOrEqual(claims);
    await this.meanwhile(vi.waitFor(areMade, { timeout: WAIT_MS, interval: 100 }));
  }

  /** Waits for something else, and fails at once when one of them fails. */
  meanwhile<Result>(other: Promise<Result>): Promise<Result> {
    return Promise.race([other, this.died]);
  }

  /** Ends when each claim that was begun is answered. */
  async stop(): Promise<Claimed> {
    this.say({ kind: 'stop' });
    const all = await Promise.all(this.ends);
    const outcomes = new Map<string, number>();
    for (const each of all)
      for (const [outcome, count] of each.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    const sum = (of: (each: Claimed) => number): number => all.reduce((total, each) => total + of(each), 0);
    return { claims: sum(({ claims }) => claims), repeats: sum(({ repeats }) => repeats), outcomes };
  }

  /** Ends them whatever they do. Safe to call twice. */
  async kill(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await Promise.allSettled(this.ends);
  }

  private say(command: ClaimantCommand): void {
    for (const { stdin } of this.children) stdin?.write(`${JSON.stringify(command)}\n`);
  }

  private async listen({ stdout }: ChildProcess): Promise<Claimed> {
    if (stdout === null) throw new Error('a claimant has an output');
    for await (const text of createInterface({ input: stdout })) {
      const line = claimantLineSchema.parse(JSON.parse(text));
      if (line.kind === 'ended') return { ...line, outcomes: new Map(Object.entries(line.outcomes)) };
      if (line.kind === 'answered') this.answered += line.claims;
      else this.told.set(line.key, line.mark);
    }
    throw new Error('A claimant ended before it was told to.');
  }
}
