import { Histogram, type Registry } from 'prom-client';
import type { HttpApp } from './http-app.js';

/** Times every request by method, route pattern and status; a path that matched no route counts as `unknown`. */
export function registerRequestMetrics(app: HttpApp, registry: Registry): void {
  const durations = new Histogram({
    name: 'fanfare_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    durations.observe(
      { method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
