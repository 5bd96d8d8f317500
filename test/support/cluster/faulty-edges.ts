/** Faults of networks between nodes and a server, one after another. */
import { setTimeout as after } from 'node:timers/promises';
import { expect } from 'vitest';
import { FaultProxy, type NetworkFault } from '../fault-proxy.js';
import { machineMs } from '../moody-vendor/vendor-log.js';
import { size } from '../proof.js';
import type { ClusterScene } from './cluster-scene.js';

interface FaultTraits {
  /** What the fault did to a connection cannot be mended, so the connection goes with it. */
  readonly isForgetful: boolean;
  /** Only slow: no statement fails, so nobody is unknown or told again for it. */
  readonly isHarmless?: true;
}

const FAULTS: readonly (readonly [string, NetworkFault, FaultTraits])[] = [
  ['latency', { delayMs: 40, jitterMs: 80 }, { isForgetful: false, isHarmless: true }],
  ['slices of one byte', { sliceBytes: 1 }, { isForgetful: false, isHarmless: true }],
  ['reset within a request', { resetsRequestAfterBytes: 2_000 }, { isForgetful: false }],
  ['reset within an answer', { resetsReplyAfterBytes: 2_000 }, { isForgetful: false }],
  ['black hole', { blackHole: true }, { isForgetful: true }],
  ['answers dropped', { dropsReplies: true }, { isForgetful: true }],
  ['refused', { refuses: true }, { isForgetful: true }],
  ['partition that mends', { holds: true }, { isForgetful: false }],
];

/** And to a database: what was asked last is done, and nobody is told. */
const TO_DATABASES: typeof FAULTS = [
  ['the reply to COMMIT dropped', { dropsRepliesAfter: /COMMIT/ }, { isForgetful: true }],
];
const faultsOf = (edge: Edge): typeof FAULTS => (edge === 'MySQL' ? [...FAULTS, ...TO_DATABASES] : FAULTS);

export type Edge = 'MySQL' | 'Redis' | 'RocketMQ';

const ROUNDS = size(1, 20);
/** Each fault in each round. */
export const faultCountOf = (edge: Edge): number => faultsOf(edge).length * ROUNDS;
/** In every other round one of the two nodes is struck. */
const struckIn = (round: number): number => (round % 2 === 0 ? 2 : 1);
/** How often a node may lose what it had in its hands. */
export function lossesOf(edge: Edge): number {
  const lossy = faultsOf(edge).filter(([, , { isHarmless }]) => isHarmless !== true).length;
  return lossy * Array.from({ length: ROUNDS }, (_, round) => struckIn(round)).reduce((sum, nodes) => sum + nodes, 0);
}
/** How long a fault lasts, by round: now and then longer than leases. */
const FAULT_MS = size([1_000], [1_000, 2_000, 500, 11_000]);
const MET_WITHIN_MS = 60_000;
/** Work for so long a fault, until every channel is back. */
const SECONDS_PER_FAULT = size(6, 10);

/** Members of a campaign that has work left after all faults. */
export const membersForFaults = (edge: Edge, membersPerSecond: number): number =>
  membersPerSecond * SECONDS_PER_FAULT * (faultCountOf(edge) + 1);

/** A proxy of its own for each of two nodes. */
export async function proxiesTo(port: number, random: () => number): Promise<readonly [FaultProxy, FaultProxy]> {
  return [await FaultProxy.start(port, random), await FaultProxy.start(port, random)];
}

/**
 * Lets an edge of both nodes, and in every other round that of one of them, meet each fault. Answers how long it took at
 * most after a fault until the vendor was asked again on every channel; `isBackToo` waits for what else must be.
 */
export async function meetFaults(
  scene: ClusterScene,
  edge: Edge,
  proxies: readonly [FaultProxy, FaultProxy],
  isBackToo: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  let longestMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const struck = proxies.slice(0, struckIn(round));
    for (const [what, fault, healing] of faultsOf(edge)) {
      await scene.isBack();
      await Promise.all(struck.map((proxy) => proxy.set(fault)));
      await after(FAULT_MS[round % FAULT_MS.length]);
      const isMet = (): boolean => struck.some(({ met }) => met > 0); // events go through one node at a time
      await expect.poll(isMet, { message: `${what} is met`, timeout: MET_WITHIN_MS }).toBe(true);
      await Promise.all(struck.map((proxy) => proxy.heal(healing)));
      const [backMs] = await Promise.all([scene.isBack(machineMs()), isBackToo()]);
      console.log(`${what}, round ${round}: back after ${backMs} ms`);
      longestMs = Math.max(longestMs, backMs);
    }
  }
  return longestMs;
}
