/** Each node's part of the work: what the vendors delivered for it, by their own count, and the buckets it holds now. */
import type { VendorChannel, DemoVendors } from '../vendors-of-demo.js';
import type { ClusterNode } from './cluster-nodes.js';

export interface NodeFigures {
  readonly name: string;
  readonly pid: number;
  /** Messages that vendors delivered for this node, since the demo began. */
  readonly delivered: Readonly<Record<VendorChannel, number>>;
  /** Buckets that it has leased at this moment; undefined while it does not answer. */
  readonly heldBuckets: number | undefined;
}

export interface WorkFigures {
  readonly nodes: readonly NodeFigures[];
  /** Batches: requests that the vendors were sent. */
  readonly requests: Readonly<Record<VendorChannel, number>>;
}

export async function readWork(nodes: readonly ClusterNode[], vendors: DemoVendors): Promise<WorkFigures> {
  const [sms, email, app] = await Promise.all([vendors.sms.stats(), vendors.email.stats(), vendors.app.stats()]);
  const held = await Promise.all(nodes.map(heldBucketsOf));
  return {
    nodes: nodes.map(({ name, server }, index) => ({
      name,
      pid: server.pid,
      delivered: {
        sms: sms.deliveredBySender[name] ?? 0,
        email: email.deliveredBySender[name] ?? 0,
        app: app.deliveredBySender[name] ?? 0,
      },
      heldBuckets: held[index],
    })),
    requests: { sms: sms.requests, email: email.requests, app: app.requests },
  };
}

const ASK_MS = 1_000;

async function heldBucketsOf({ server }: ClusterNode): Promise<number | undefined> {
  try {
    const url = `http://127.0.0.1:${server.port}/metrics`;
    const text = await (await fetch(url, { signal: AbortSignal.timeout(ASK_MS) })).text();
    const held = [...text.matchAll(/^fanfare_push_held_buckets\{[^}]*\} (\d+)$/gm)];
    return held.reduce((sum, [, buckets]) => sum + Number(buckets), 0);
  } catch {
    return undefined; // it is down
  }
}
