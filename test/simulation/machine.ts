import { join } from 'node:path';
import { MemoryPacer } from '../../src/adapters/memory/memory-pacer.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import type { SqliteTx } from '../../src/adapters/sqlite/sqlite-tx.js';
import { HttpProvider } from '../../src/adapters/vendors/http/http-provider.js';
import { RequestTemplate } from '../../src/adapters/vendors/http/request-template.js';
import { startEngine, type Engine, type EngineStore } from '../../src/compose.js';
import type { Channel } from '../../src/core/channels.js';
import type { Clock } from '../../src/core/ports/clock.js';
import type { Pacer } from '../../src/core/ports/pacer.js';
import type { Provider } from '../../src/core/ports/provider.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { VendorConfig } from '../../src/push/config/channel-config.js';
import type { MacKeys } from '../../src/push/mac-keys.js';
import { createReferenceCodec } from '../../src/push/reference.js';
import { Life } from './life.js';
import { channelsOf } from './scenario.js';
import { SimulatedDisk } from './simulated-disk.js';
import { SimulatedNetwork } from './simulated-network.js';
import { SimulatedStore } from './simulated-store.js';
import { WatchedProvider } from './watched-provider.js';
import type { World } from './world.js';

/** Stands between an engine and its ports: how defects are planted without touching the engine. */
export interface PortWrappers {
  readonly store?: (store: EngineStore) => EngineStore;
  readonly tx?: (tx: SqliteTx) => SqliteTx;
  readonly provider?: (provider: Provider) => Provider;
  readonly pacer?: (pacer: Pacer) => Pacer;
}

interface Process {
  readonly life: Life;
  readonly disk: SimulatedDisk;
  readonly store: SqliteStore;
  /** Once it has started. */
  engine: Engine | undefined;
  isStarted: boolean;
}

const LEAST_GAP_MS = 60;

/** Starts processes over the data folder, and again after each death; there is one at a time but by special order. */
export class Machine {
  private current: Process | undefined;
  private stray: Process | undefined;
  private folderNumber = 0;
  private lifeNumber = 0;
  private isStopping = false;

  constructor(
    private readonly world: World,
    private readonly options: {
      readonly folder: string;
      readonly wrappers: PortWrappers;
      /** Whether a process may be killed while it starts. */
      readonly mayFailAtStart: () => boolean;
      /** Looks at the books that a dead process left. */
      readonly inspect: (store: SqliteStore, clock: Clock) => Promise<void>;
    },
  ) {
    world.onDeath = (life) => {
      this.afterDeath(life);
    };
  }

  /** The engine that people reach; undefined while none runs. */
  get engine(): Engine | undefined {
    const { current } = this;
    return current === undefined || current.life.isDead || current.life.isFrozen || this.isStopping
      ? undefined
      : current.engine;
  }

  /** How suppressed addresses are hashed in this folder, once a process has started. */
  hashSubject: Engine['membership']['hashSubject'] | undefined;

  get life(): Life | undefined {
    return this.current?.life;
  }

  get folder(): string {
    return join(this.options.folder, String(this.folderNumber));
  }

  /** Starts a process; where that fails, another one soon after. */
  start(): void {
    const { world } = this;
    this.isStopping = false;
    const life = new Life(++this.lifeNumber, world);
    const disk = new SimulatedDisk(this.folder, world, life);
    let store: SqliteStore;
    try {
      const onEvent = (event: Parameters<World['onEvent']>[1]): void => {
        world.onEvent(life, event);
      };
      store = new SqliteStore({ file: disk.file, clock: life.clock, access: disk, onEvent });
    } catch {
      disk.closeAll();
      world.timeline.after(500, () => {
        this.start();
      });
      return;
    }
    const process: Process = { life, disk, store, engine: undefined, isStarted: false };
    this.current = process;
    world.trace.note(world.nowMs, `${life.number} starts`);
    if (this.lifeNumber > 1 && this.options.mayFailAtStart() && world.random.next() < 0.12) {
      world.timeline.after(world.random.next() * 40, () => {
        if (this.current === process) this.kill();
      });
    }
    void world.meanwhile(async () => {
      disk.isInspected = true;
      if (this.stray === undefined) await this.options.inspect(store, life.clock);
      disk.isInspected = false;
      void this.run(process);
    });
  }

  /** Kills the process at any moment. */
  kill(): void {
    const { current } = this;
    if (current === undefined || current.life.isDead) return;
    this.world.sightings.saw(current.isStarted ? 'crash at any time' : 'crash while starting');
    current.life.kill('any time');
  }

  /** Asks the process to stop, and starts the next one in its folder. */
  stop(drainMs: number, gapMs: number): void {
    const { current, world } = this;
    const { engine } = this;
    if (current === undefined || engine === undefined || this.stray !== undefined) return;
    this.isStopping = true;
    void this.close(current, drainMs).then((unanswered) => {
      world.sightings.saw(unanswered > 0 ? 'stop with answers outstanding' : 'clean stop');
      world.history.breaks.push(world.nowMs);
      world.timeline.after(gapMs, () => {
        this.start();
      });
    });
  }

  /** Stops the last process for good. */
  async end(): Promise<void> {
    const { current } = this;
    if (current?.engine !== undefined) await this.close(current, 2_000);
  }

  /** Stands still for a while, as under SIGSTOP. */
  freeze(spanMs: number): void {
    const { current, world } = this;
    if (current?.engine === undefined || current.life.isDead || this.isStopping) return;
    if (current.life.openTransactions > 0) {
      world.timeline.after(1, () => {
        this.freeze(spanMs);
      });
      return;
    }
    world.sightings.saw('process frozen');
    world.trace.note(world.nowMs, `${current.life.number} frozen`, spanMs);
    current.life.freeze();
    world.timeline.after(spanMs, () => {
      current.life.thaw();
    });
  }

  /** A second process takes the folder while the first stands still longer than a lease; then both work for a while. */
  takeOver(bothMs: number): void {
    const { current, world } = this;
    if (current?.engine === undefined || current.life.isDead || this.stray !== undefined || this.isStopping) return;
    if (current.life.openTransactions > 0) {
      world.timeline.after(1, () => {
        this.takeOver(bothMs);
      });
      return;
    }
    current.life.freeze();
    world.sightings.saw('two processes on one store');
    world.history.breaks.push(world.nowMs);
    world.timeline.after(8_500, () => {
      if (current.life.isDead) return;
      this.stray = current;
      this.start();
      world.timeline.after(2_000, () => {
        current.life.thaw();
      });
      world.timeline.after(2_000 + bothMs, () => {
        current.life.kill('its time was over');
        // Leases of one store do not run out by themselves: they end when its folder is taken.
        this.kill();
      });
    });
  }

  /** Closes files that are still open. */
  dispose(): void {
    this.current?.disk.closeAll();
    this.stray?.disk.closeAll();
  }

  private async run(process: Process): Promise<void> {
    const { world } = this;
    const { life, store, disk } = process;
    const { wrappers } = this.options;
    const { clock } = life;
    const pacer = new MemoryPacer(clock);
    const seen = new SimulatedStore(store, life, world, wrappers.tx);
    try {
      process.engine = await startEngine(channelsOf(world.scenario), {
        store: wrappers.store?.(seen) ?? seen,
        clock,
        random: new SeededRandom(`engine ${world.scenario.seed}/${life.number}`),
        pacer: wrappers.pacer?.(pacer) ?? pacer,
        rejects: { open: never, read: async () => undefined, removeAll: async () => undefined },
        owner: `process-${life.number}`,
        makeProvider: (channel, vendor, keys) => this.provider(life, { channel, vendor, keys }),
        onEvent: (event) => {
          world.onEvent(life, event);
        },
      });
      process.isStarted = true;
      this.hashSubject = process.engine.membership.hashSubject;
    } catch (error) {
      world.trace.note(world.nowMs, `${life.number} could not start`, error);
      disk.closeAll();
      life.kill('could not start');
    }
  }

  private provider(
    life: Life,
    about: { readonly channel: Channel; readonly vendor: VendorConfig; readonly keys: MacKeys },
  ): Provider {
    const { channel, vendor: config, keys } = about;
    const { world } = this;
    const vendor = world.vendors.get(channel);
    if (vendor === undefined || config.kind !== 'http') throw new RangeError(`${channel} has no simulated vendor.`);
    const template = new RequestTemplate(config, { named: {}, signing: undefined });
    const transport = new SimulatedNetwork(life, vendor, world, { timeoutMs: world.planOf(channel).timeoutMs });
    const provider = new HttpProvider(
      { channel, config, template },
      { clock: life.clock, references: createReferenceCodec(keys), transport },
    );
    return new WatchedProvider(this.options.wrappers.provider?.(provider) ?? provider, life, world, () =>
      this.engine?.pushers.get(channel)?.stats(),
    );
  }

  private async close(process: Process, drainMs: number): Promise<number> {
    const unanswered = (await process.engine?.close(drainMs)) ?? 0;
    if (process.life.isDead) return new Promise(() => undefined); // killed while it stopped
    process.life.end();
    process.disk.closeAll();
    this.current = undefined;
    return unanswered;
  }

  private afterDeath(life: Life): void {
    const { world, current, stray } = this;
    if (life === stray?.life) {
      this.stray = undefined;
      world.timeline.after(LEAST_GAP_MS, () => {
        stray.disk.closeAll();
      });
      return;
    }
    if (life !== current?.life) return;
    stray?.life.kill('with the other');
    const { disk } = current;
    this.folderNumber++;
    disk.copyTo(this.folder);
    world.timeline.after(LEAST_GAP_MS + world.random.next() * 2_000, () => {
      disk.closeAll();
      this.start();
    });
  }
}

const never = (): never => {
  throw new Error('Nothing is imported in a simulation.');
};
