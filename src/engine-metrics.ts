import { Gauge, collectDefaultMetrics, type Registry } from 'prom-client';
import type { Channel } from './core/channels.js';
import type { RelayStats } from './events/event-relay.js';
import type { TaskFigures } from './push/task-consumer.js';
import type { ChannelPusherStats } from './push/channel-pusher.js';

/** What is measured when metrics are asked for; nothing is counted on hot paths. */
export interface EngineFigures {
  readonly store: () => {
    readonly commits: number;
    readonly transactions: number;
    readonly walBytes: number;
    readonly lastCommitMs: number;
  };
  readonly pushers: () => Iterable<readonly [Channel, ChannelPusherStats]>;
  /** Undefined where this process relays nothing. */
  readonly relay: () => RelayStats | undefined;
  /** Undefined where no queue carries bucket tasks. */
  readonly tasks: () => TaskStats | undefined;
  readonly incoming: () => Iterable<readonly [topic: string, outcome: string, messages: number]>;
  readonly claims: () => Iterable<readonly [answer: string, claims: number]>;
  readonly codeClaims: () => Iterable<readonly [answer: string, claims: number]>;
  readonly locks: () => Iterable<readonly [outcome: string, locks: number]>;
}

export interface TaskStats {
  figures(): readonly TaskFigures[];
  relayStats(): RelayStats | undefined;
}

const CIRCUIT_STATES = ['closed', 'open', 'probing'] as const;

/** Adds the gauges of store and pushers, and those of the process (memory, CPU, event loop); docs/OPERATING.md says what each means. */
export function registerEngineMetrics(registry: Registry, figures: EngineFigures): void {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('fanfare_store_commits', 'Commits since the start.', () => figures.store().commits);
  gauge(
    'fanfare_store_transactions',
    'Transactions since the start; many share a commit.',
    () => figures.store().transactions,
  );
  gauge('fanfare_store_wal_bytes', 'Size of the write-ahead log file.', () => figures.store().walBytes);
  gauge(
    'fanfare_store_last_commit_seconds',
    'Duration of the last commit, its sync included.',
    () => figures.store().lastCommitMs / 1_000,
  );

  gauge(
    'fanfare_relay_lag_seconds',
    'Age of the oldest event that waits for the broker.',
    () => (figures.relay()?.lagMs ?? 0) / 1_000,
  );
  gauge('fanfare_relay_events', 'Events handed to the broker since the start.', () => figures.relay()?.relayed ?? 0);

  gauge(
    'fanfare_tasks_enqueued',
    'Bucket tasks handed to the broker since the start.',
    () => figures.tasks()?.relayStats()?.relayed ?? 0,
  );
  gauge(
    'fanfare_tasks_lag_seconds',
    'Age of the oldest bucket task that waits for the broker.',
    () => (figures.tasks()?.relayStats()?.lagMs ?? 0) / 1_000,
  );
  new Gauge({
    name: 'fanfare_tasks_taken',
    help: 'Bucket tasks that this node took and ended, since the start.',
    labelNames: ['channel', 'class', 'outcome'],
    registers,
    collect() {
      for (const { channel, campaignClass, claimed, refused } of figures.tasks()?.figures() ?? []) {
        this.set({ channel, class: campaignClass, outcome: 'claimed' }, claimed);
        this.set({ channel, class: campaignClass, outcome: 'refused' }, refused);
      }
    },
  });
  new Gauge({
    name: 'fanfare_tasks_wait_seconds',
    help: 'From the moment that a bucket was due to the taking of its task, for the last one.',
    labelNames: ['channel', 'class'],
    registers,
    collect() {
      for (const { channel, campaignClass, waitedMs } of figures.tasks()?.figures() ?? [])
        this.set({ channel, class: campaignClass }, waitedMs / 1_000);
    },
  });

  const byChannel = (name: string, help: string, read: (stats: ChannelPusherStats) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['channel'],
      registers,
      collect() {
        for (const [channel, stats] of figures.pushers()) this.set({ channel }, read(stats));
      },
    });
  };
  byChannel('fanfare_push_open_members', 'Members handed over and not answered.', (stats) => stats.openMembers);
  byChannel('fanfare_push_open_requests', 'Requests at the vendor.', (stats) => stats.openRequests);
  byChannel('fanfare_push_held_buckets', 'Buckets leased by this process.', (stats) => stats.heldBuckets);
  byChannel('fanfare_push_turns', 'Turns since the start: transactions of the pusher.', (stats) => stats.turns);
  byChannel(
    'fanfare_push_vendor_wait_seconds',
    'Time that the vendor asked to wait.',
    (stats) => stats.waitsForVendorMs / 1_000,
  );
  byChannel(
    'fanfare_push_late_members',
    'Members taken back unsent since the start, because their turn was committed too late.',
    (stats) => stats.lateMembers,
  );
  new Gauge({
    name: 'fanfare_push_circuit',
    help: 'State of the circuit: 1 for the one it is in.',
    labelNames: ['channel', 'state'],
    registers,
    collect() {
      for (const [channel, stats] of figures.pushers()) {
        for (const state of CIRCUIT_STATES) this.set({ channel, state }, stats.circuit === state ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'fanfare_events_incoming',
    help: 'Messages of other systems since the start.',
    labelNames: ['topic', 'outcome'],
    registers,
    collect() {
      for (const [topic, outcome, messages] of figures.incoming()) this.set({ topic, outcome }, messages);
    },
  });
  new Gauge({
    name: 'fanfare_coupon_claims',
    help: 'Claims of coupons since the start.',
    labelNames: ['answer'],
    registers,
    collect() {
      for (const [answer, claims] of figures.claims()) this.set({ answer }, claims);
    },
  });
  new Gauge({
    name: 'fanfare_coupon_code_claims',
    help: 'Claims of coupons by a code since the start.',
    labelNames: ['answer'],
    registers,
    collect() {
      for (const [answer, claims] of figures.codeClaims()) this.set({ answer }, claims);
    },
  });
  new Gauge({
    name: 'fanfare_coupon_locks',
    help: 'What became of locks of coupons since the start.',
    labelNames: ['outcome'],
    registers,
    collect() {
      for (const [outcome, locks] of figures.locks()) this.set({ outcome }, locks);
    },
  });
}
