import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { HttpApp } from '../http-app.js';

/** Whether the server can do its work now, and what is in the way. */
export interface Readiness {
  readonly isReady: boolean;
  /** Short names of what is missing, such as `store`. */
  readonly missing: readonly string[];
}

const healthOutput = z.object({ status: z.literal('ok') });
const readinessOutput = z.object({ status: z.enum(['ready', 'notReady']), missing: z.array(z.string()) });

/** Health, readiness and metrics. The first two are for load balancers: they need no key and tell nothing. */
export function registerOperationRoutes(
  app: HttpApp,
  { registry, readiness }: { readonly registry: Registry; readonly readiness: () => Promise<Readiness> },
): void {
  app.get(
    '/healthz',
    {
      config: { scope: 'public' },
      schema: { tags: ['operations'], summary: 'The process runs', response: { 200: healthOutput } },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { scope: 'public' },
      schema: {
        tags: ['operations'],
        summary: 'The server can do its work',
        response: { 200: readinessOutput, 503: readinessOutput },
      },
    },
    async (_, reply) => {
      const { isReady, missing } = await readiness();
      if (!isReady) void reply.code(503);
      return { status: isReady ? ('ready' as const) : ('notReady' as const), missing: [...missing] };
    },
  );

  app.get(
    '/metrics',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['operations'],
        summary: 'Metrics in the Prometheus text format',
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
    },
    async (_, reply) => {
      void reply.type(registry.contentType).serializer((text: unknown) => String(text));
      return registry.metrics();
    },
  );
}
