import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { subjectHasher, type SubjectHasher } from '../../src/membership/suppression.js';
import { isAudienceDoubt } from '../../src/campaign/campaign.js';
import { Caretaker } from './caretaker.js';
import { Crowd } from './crowd.js';
import { judgeBooks, readPages } from './judge-books.js';
import { judgeCells } from './judge-cells.js';
import { judgeTimes } from './judge-times.js';
import { Life } from './life.js';
import { Machine, type PortWrappers } from './machine.js';
import { sightFromHistory } from './sight-history.js';
import { Operator } from './operator.js';
import { Populations, simulationFolder } from './population.js';
import { scenarioOf } from './scenario.js';
import type { Sightings } from './sightings.js';
import { SimulatedDisk } from './simulated-disk.js';
import { Trace } from './trace.js';
import { Trouble } from './trouble.js';
import { World } from './world.js';

export interface SimulationResult {
  readonly seed: number;
  readonly hash: string;
  /** What was promised and not kept; nothing else makes a run red. */
  readonly violations: readonly string[];
  readonly sightings: Sightings;
  readonly lines: readonly string[];
  /** Simulated. */
  readonly lastedMs: number;
}

/** Time in which everything must settle once nothing goes wrong any more. */
const SETTLE_WITHIN_MS = 600_000;

/** Runs seeds over stores of its own; `dispose` removes them. */
export class Simulator {
  private readonly populations = new Populations();
  private readonly folder = simulationFolder();

  dispose(): void {
    this.populations.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One run of everything that a seed decides. The same seed gives the same hash. */
  async run(
    seed: number,
    { wrappers = {}, keepsLines = false }: { readonly wrappers?: PortWrappers; readonly keepsLines?: boolean } = {},
  ): Promise<SimulationResult> {
    const trace = new Trace(keepsLines);
    const world = new World(scenarioOf(seed), trace);
    const folder = join(this.folder, String(seed));
    mkdirSync(join(folder, '0'), { recursive: true });
    await this.populations.copyTo(world.scenario.memberCount, join(folder, '0', 'fanfare.db'));
    const run = new Run(world, { folder, wrappers });
    try {
      await run.live();
      await run.judge();
    } finally {
      run.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
    const { violations, sightings } = world;
    return { seed, hash: trace.hash, violations, sightings, lines: trace.lines, lastedMs: world.nowMs };
  }
}

class Run {
  private readonly machine: Machine;
  private readonly caretaker: Caretaker;
  private readonly trouble: Trouble;
  private readonly crowd: Crowd;
  private hashSubject: SubjectHasher = subjectHasher(new Uint8Array(32));
  private isCalm = false;
  private hasEnded = false;

  constructor(
    private readonly world: World,
    { folder, wrappers }: { readonly folder: string; readonly wrappers: PortWrappers },
  ) {
    this.machine = new Machine(world, {
      folder,
      wrappers,
      mayFailAtStart: () => !this.isCalm,
      inspect: async (store, clock) => {
        this.hashSubject = this.machine.hashSubject ?? this.hashSubject;
        if (world.nowMs === 0) return;
        await judgeBooks(world, store, { clock, hashSubject: this.hashSubject, when: 'after a death' });
      },
    });
    const operator = new Operator(world, this.machine);
    this.crowd = new Crowd(world, this.machine, operator);
    this.trouble = new Trouble(world, this.machine, operator, this.crowd);
    this.caretaker = new Caretaker(world, this.machine, operator, {
      isCalm: () => this.isCalm,
      hasMoreToCome: () => world.nowMs < world.scenario.calmAtMs + 4_000,
    });
  }

  async live(): Promise<void> {
    const { world, machine } = this;
    const { calmAtMs } = world.scenario;
    this.trouble.plan();
    machine.start();
    this.crowd.startReceipts();
    this.caretaker.start();
    world.timeline.after(calmAtMs, () => {
      this.isCalm = true;
      this.trouble.calm();
    });
    while (!this.caretaker.isSettled && world.nowMs < calmAtMs + SETTLE_WITHIN_MS) await world.step();
    this.hashSubject = machine.hashSubject ?? this.hashSubject;
    if (!this.caretaker.isSettled) await this.tellWhatIsOpen();
    void machine.end().then(() => {
      this.hasEnded = true;
    });
    const giveUpAtMs = world.nowMs + 20_000;
    while (!this.hasEnded && world.nowMs < giveUpAtMs) await world.step();
    if (!this.hasEnded) world.violate('the last process did not end when it was asked to');
  }

  /** The last look, over the files as they lie there. */
  async judge(): Promise<void> {
    const { world } = this;
    const life = new Life(0, world);
    const disk = new SimulatedDisk(this.machine.folder, world, life);
    const store = new SqliteStore({ file: disk.file, clock: life.clock, access: disk });
    try {
      await judgeBooks(world, store, { clock: life.clock, hashSubject: this.hashSubject, when: 'at the end' });
      const pages = await readPages(store);
      judgeCells(world, pages);
      judgeTimes(world, pages);
      sightFromHistory(world, pages);
    } finally {
      disk.closeAll();
    }
  }

  dispose(): void {
    this.machine.dispose();
  }

  private async tellWhatIsOpen(): Promise<void> {
    const { world, machine } = this;
    const { engine } = machine;
    if (engine === undefined) {
      world.violate('no process answers although nothing has gone wrong for long');
      return;
    }
    const campaigns = await engine.store.read((tx) =>
      tx.campaigns.inStates(['scheduled', 'freezing', 'running', 'cancelling']),
    );
    for (const { campaignId, state, pauseReasons } of campaigns) {
      const doubt = pauseReasons.some(isAudienceDoubt) ? ' in doubt' : '';
      world.violate(
        `campaign ${campaignId} is still ${state}${doubt} ${SETTLE_WITHIN_MS / 1_000} s after the last fault`,
      );
    }
  }
}
