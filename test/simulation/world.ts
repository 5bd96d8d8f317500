import type { VendorRequest } from '../../src/adapters/vendors/http/http-transport.js';
import type { EngineEvent } from '../../src/compose.js';
import { channelIndex, type Channel } from '../../src/core/channels.js';
import { isDomainError } from '../../src/core/errors.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { decodeBucket } from '../../src/ledger/bucket-members.js';
import { ambiguousTries, isInFlight } from '../../src/ledger/cell-code.js';
import type { ClaimedBucket, LedgerRow, Stream } from '../../src/ledger/ledger-repository.js';
import { peekReference } from '../../src/push/reference.js';
import { cellKey, History } from './history.js';
import type { CrashPoint, Life, LifeWorld } from './life.js';
import type { Scenario, VendorPlan } from './scenario.js';
import { Sightings, type Sighting } from './sightings.js';
import { soundDisk } from './simulated-disk.js';
import type { NetworkWorld } from './simulated-network.js';
import type { StoreWorld } from './simulated-store.js';
import { SimulatedVendor } from './simulated-vendor.js';
import { Timeline } from './timeline.js';
import type { Trace } from './trace.js';
import { FAIR_WEATHER, type Weather } from './weather.js';

const SIGHTING_OF_POINT: Readonly<Record<CrashPoint, Sighting>> = {
  transaction: 'crash within a transaction',
  beforeCommit: 'crash before a commit',
  afterCommit: 'crash after a commit, before its answer',
  beforeWrite: 'crash before a request is written',
  afterWrite: 'crash after a request is written',
  afterAnswer: 'crash after an answer came',
};

/** Everything outside the processes: time, disk, wire, vendors; and what was seen of all of it. */
export class World implements LifeWorld, StoreWorld, NetworkWorld {
  readonly random: SeededRandom;
  readonly timeline: Timeline;
  readonly history = new History();
  readonly sightings = new Sightings();
  readonly disk = soundDisk();
  readonly vendors: ReadonlyMap<Channel, SimulatedVendor>;
  readonly violations: string[] = [];
  wallOffsetMs = 0;
  /** The next kill, once its point has been passed `skip` times. */
  armed: { readonly point: CrashPoint; skip: number } | undefined;
  /** Told when a process was killed; whoever starts the next one listens. */
  onDeath: (life: Life) => void = () => undefined;
  private readonly weather = new Map<Channel, Weather>();
  private readonly writtenBy = new Map<string, number>();
  private isPoisonOut = false;
  private working = 0;

  constructor(
    readonly scenario: Scenario,
    readonly trace: Trace,
  ) {
    this.random = new SeededRandom(`world ${scenario.seed}`);
    this.timeline = new Timeline(this.random);
    this.vendors = new Map(
      [...scenario.vendors].map(([channel, plan]) => [channel, new SimulatedVendor(channel, plan)] as const),
    );
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  /** Lets everything that was set off come to rest, then moves to what happens next; false when nothing ever will. */
  async step(): Promise<boolean> {
    let still = 0;
    while (still < 3 || this.working > 0) {
      const before = this.trace.length;
      await new Promise((resolve) => setImmediate(resolve));
      still = this.trace.length === before ? still + 1 : 0;
    }
    return this.timeline.step();
  }

  /** Work beside the processes that time waits for. */
  async meanwhile(work: () => Promise<void>): Promise<void> {
    this.working++;
    try {
      await work();
    } finally {
      this.working--;
    }
  }

  violate(what: string): void {
    const line = `${this.nowMs.toFixed(0)} ms: ${what}`;
    this.trace.note(this.nowMs, 'VIOLATION', what);
    this.violations.push(line);
  }

  planOf(channel: Channel): VendorPlan {
    const plan = this.scenario.vendors.get(channel);
    if (plan === undefined) throw new RangeError(`The scenario has no vendor for ${channel}.`);
    return plan;
  }

  weatherOf({ channel }: SimulatedVendor): Weather {
    return this.weather.get(channel) ?? FAIR_WEATHER;
  }

  setWeather(channel: Channel, weather: Weather): void {
    this.weather.set(channel, weather);
  }

  killsAt(_life: Life, point: CrashPoint): boolean {
    if (point === 'afterWrite' && this.isPoisonOut) {
      this.isPoisonOut = false;
      return true;
    }
    if (this.armed?.point !== point || this.armed.skip-- > 0) return false;
    this.armed = undefined;
    this.sightings.saw(SIGHTING_OF_POINT[point]);
    return true;
  }

  onKilled(life: Life, how: string): void {
    this.trace.note(this.nowMs, `${life.number} killed`, how);
    this.history.breaks.push(this.nowMs);
    this.onDeath(life);
  }

  onSyncFailed(): void {
    this.history.breaks.push(this.nowMs);
  }

  onWritten(
    life: Life,
    { channel }: SimulatedVendor,
    { request, startedAtMs }: { readonly request: VendorRequest; readonly startedAtMs: number },
  ): void {
    const { items } = JSON.parse(request.body.toString('utf8')) as { readonly items: readonly { ref: string }[] };
    this.trace.note(this.nowMs, `${life.number} ${channel} written`, items.length, request.body);
    for (const { ref } of items) {
      const named = peekReference(ref);
      if (named === undefined) throw new Error(`"${ref}" is no reference.`);
      const { campaignId, ordinal, round } = named;
      this.history.written.push({
        atMs: this.nowMs,
        startedAtMs,
        life: life.number,
        channel,
        campaignId: this.writtenBy.get(`${campaignId}/${channel}/${ordinal}/${round}`) ?? campaignId,
        referenceCampaignId: campaignId,
        ordinal,
        round,
      });
      if (ordinal === this.scenario.poisonOrdinal) this.isPoisonOut = true;
    }
  }

  /** Which campaign it is that asks under a reference from now on. */
  noteSender(reference: { campaignId: number; channel: Channel; ordinal: number; round: number }, by: number): void {
    const { campaignId, channel, ordinal, round } = reference;
    this.writtenBy.set(`${campaignId}/${channel}/${ordinal}/${round}`, by);
  }

  onCall(
    life: Life,
    { name, args, result }: { readonly name: string; readonly args: readonly unknown[]; readonly result: unknown },
  ): void {
    if (name === 'ledger.claim') this.noteClaims(life, args[0] as Stream, result as readonly ClaimedBucket[]); // by its port
    if (name === 'ledger.unsettled') this.noteLeftOver(args[0] as Stream, result as readonly LedgerRow[]);
    if (name === 'ledger.load' && result === undefined) this.sightings.saw('lease refused to a process that lost it');
  }

  /** What the log of a server would show. */
  onEvent(life: Life, event: EngineEvent): void {
    if (life.isDead) return;
    this.trace.note(this.nowMs, `${life.number} ${event.kind}`, event);
    if (event.kind === 'store.reopened') this.sightings.saw('store reopened');
    if (event.kind === 'push.circuit') {
      if (event.state === 'open') this.sightings.saw('circuit opened');
      if (event.state === 'closed') this.sightings.saw('circuit closed');
    }
    if ('error' in event && !isOfTheStore(event.error)) {
      const error = event.error instanceof Error ? (event.error.stack ?? event.error.message) : String(event.error);
      this.violate(`${event.kind} was caused by something that is no fault of the world: ${error}`);
    }
  }

  /** Rows that nobody holds with members in flight: their holder died, and the campaign ends before another claims them. */
  private noteLeftOver({ campaignId, channel }: Stream, rows: readonly LedgerRow[]): void {
    for (const { cells, bucket } of rows) {
      if (cells.some(isInFlight)) this.history.leftInFlight.add(`${campaignId}/${channel}/${bucket}`);
    }
  }

  private noteClaims(life: Life, { campaignId, channel }: Stream, claimed: readonly ClaimedBucket[]): void {
    for (const { row, members } of claimed) {
      if (row.lossCount > 4) this.sightings.saw('poison isolated in halves');
      const ordinals = decodeBucket(members);
      row.cells.forEach((code, position) => {
        if (!isInFlight(code)) return;
        const key = cellKey(campaignId, channelIndex(channel), ordinals[position] ?? 0);
        this.history.takenOver.set(key, (this.history.takenOver.get(key) ?? 0) + 1);
        if (this.history.breaks.length === 0) {
          this.violate(`life ${life.number} took over a member in flight, although nothing had broken`);
        }
      });
      if (row.cells.some((code) => isInFlight(code) && ambiguousTries(code) < 4) && channel !== 'inbox') {
        this.sightings.saw(`takeover ${this.planOf(channel).mode}`);
      }
    }
  }
}

/** Troubles of the store are part of the world; everything else that fails is a defect. */
export const isOfTheStore = (error: unknown): boolean =>
  error === undefined ||
  isDomainError(error, 'STORE_FULL') ||
  isDomainError(error, 'STORE_UNAVAILABLE') ||
  isDomainError(error, 'SHUTTING_DOWN');
