/** Nodes as people look at them. Pure. */
import { SILENT_MS } from './node-life.js';
import type { NodeRecord } from './node-repository.js';

/**
 * `working`; `leaving`: asked to stop, still ending what it began; `missed`: silent for 10 s, what it held has gone to
 * others.
 */
export const NODE_STATES = ['working', 'leaving', 'missed'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Answers every node that has not left. */
export type ListNodes = () => Promise<readonly NodeRecord[]>;

export function nodeState({ silentMs, isLeaving }: NodeRecord): NodeState {
  if (silentMs >= SILENT_MS) return 'missed';
  return isLeaving ? 'leaving' : 'working';
}
