/**
 * Who is there: nodes say so every 2 s, and are judged by the store's clock, never by their own. Also leases by name, for
 * work that one node at a time does.
 */
import type { Channel } from '../core/channels.js';
import type { EpochMs } from '../core/time.js';
import type { Role } from './role.js';

/** What a node says of itself. */
export interface NodeBeat {
  /** New at each start. */
  readonly nodeId: string;
  /** Of the machine it runs on, as the machine calls itself. */
  readonly host: string;
  readonly version: string;
  readonly roles: readonly Role[];
  /** Channels that it pushes. */
  readonly channels: readonly Channel[];
  readonly startedAt: EpochMs;
  /** True while it shares pace with the others; else it keeps to its share of every limit. */
  readonly isPaceShared: boolean;
  /** True once it has been asked to stop: it takes nothing new. */
  readonly isLeaving: boolean;
}

export interface NodeRecord extends NodeBeat {
  readonly seenAt: EpochMs;
  /** Since it was last seen, by the store's clock. */
  readonly silentMs: number;
  readonly leasedBuckets: number;
}

export interface NodeRepository {
  /** Enters a node, or says that it is still there. */
  beat(node: NodeBeat): Promise<void>;
  /** Takes a node away that stops. Safe to repeat. */
  leave(nodeId: string): Promise<void>;
  /** Every node that has not left, in the order of their starts. */
  list(): Promise<readonly NodeRecord[]>;
  /** Takes away nodes that were silent for longer; answers how many. */
  forgetSilent(silentMs: number): Promise<number>;
  /** Takes or renews the lease of a piece of work; false while another holds it. */
  takeLease(name: string, options: { readonly nodeId: string; readonly leaseMs: number }): Promise<boolean>;
  /** The store's own clock, by which leases and the silence of nodes are judged. */
  now(): Promise<EpochMs>;
}

/** What being a node needs of a transaction. */
export interface NodesTx {
  readonly nodes: NodeRepository;
}
