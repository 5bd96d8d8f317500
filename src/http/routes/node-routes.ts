import { z } from 'zod';
import { CHANNELS } from '../../core/channels.js';
import { formatInstant } from '../../core/time.js';
import { NODE_STATES, nodeState, type ListNodes } from '../../nodes/node-list.js';
import type { NodeRecord } from '../../nodes/node-repository.js';
import { ROLES } from '../../nodes/role.js';
import type { HttpApp } from '../http-app.js';
import { instantOutput } from '../schemas.js';

const nodeOutput = z
  .object({
    name: z.string().describe('New at each start'),
    host: z.string().describe('The machine, as it calls itself'),
    state: z.enum(NODE_STATES).describe('missed: silent for 10 s; what it held has gone to others'),
    roles: z.array(z.enum(ROLES)),
    channels: z.array(z.enum(CHANNELS)).describe('Channels that it sends on'),
    version: z.string(),
    leasedBuckets: z.int().nonnegative().describe('Buckets that it holds at this moment'),
    isPaceShared: z.boolean().describe('True while it shares pace with the others through Redis'),
    startedAt: instantOutput,
    lastSeenMs: z.int().nonnegative().describe('Age of its last sign of life, by the clock of the store'),
  })
  .meta({ id: 'Node' });

/** The nodes on one store; a process alone is the only one. */
export function registerNodeRoutes(app: HttpApp, { listNodes }: { readonly listNodes: ListNodes }): void {
  app.get(
    '/v1/nodes',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['operations'],
        summary: 'Nodes with their roles and leases, and when each was last seen',
        description:
          'In the order of their starts. A node that stopped in order is not listed; one that died, for a day.',
        response: { 200: z.object({ items: z.array(nodeOutput) }) },
      },
    },
    async () => ({ items: (await listNodes()).map(renderNode) }),
  );
}

const renderNode = (node: NodeRecord): z.output<typeof nodeOutput> => ({
  name: node.nodeId,
  host: node.host,
  state: nodeState(node),
  roles: [...node.roles],
  channels: [...node.channels],
  version: node.version,
  leasedBuckets: node.leasedBuckets,
  isPaceShared: node.isPaceShared,
  startedAt: formatInstant(node.startedAt),
  lastSeenMs: Math.max(0, Math.round(node.silentMs)),
});
