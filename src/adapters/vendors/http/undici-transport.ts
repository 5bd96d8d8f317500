import { Pool } from 'undici';
import type { HttpProviderConfig } from '../../../push/config/http-provider-config.js';
import { unwatchAbort, watchAbort } from '../../../core/abort-watch.js';
import { HttpExchange } from './http-exchange.js';
import type { HttpTransport } from './http-transport.js';

type TransportConfig = Pick<
  HttpProviderConfig,
  | 'method'
  | 'connections'
  | 'connectTimeoutMs'
  | 'headersTimeoutMs'
  | 'bodyTimeoutMs'
  | 'keepAliveMs'
  | 'maxResponseBytes'
>;

/**
 * Requests over a pool of keep-alive connections, one request at a time on each. Nothing is retried and no redirect
 * is followed: undici's dispatcher does neither by itself.
 */
export function createUndiciTransport(
  origin: string,
  config: TransportConfig,
  tls: { readonly ca: string | undefined },
): HttpTransport {
  const pool = new Pool(origin, {
    connections: config.connections,
    pipelining: 1,
    connect: { timeout: config.connectTimeoutMs, ...(tls.ca !== undefined && { ca: tls.ca }) },
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.bodyTimeoutMs,
    // 0 closes each connection after its answer; the pool itself takes no 0.
    keepAliveTimeout: Math.max(1, config.keepAliveMs),
    keepAliveMaxTimeout: Math.max(1, config.keepAliveMs),
  });
  let closed: Promise<void> | undefined;
  return {
    async send(request, { mayWrite, signal }) {
      const exchange = new HttpExchange({
        mayWrite: () => !signal.aborted && mayWrite(),
        maxResponseBytes: config.maxResponseBytes,
        answerWithinMs: config.headersTimeoutMs + config.bodyTimeoutMs,
      });
      const cancel = (): void => exchange.cancel();
      watchAbort(signal, cancel);
      pool.dispatch(
        {
          method: config.method,
          path: request.path,
          headers: request.headers,
          body: request.body,
          reset: config.keepAliveMs === 0,
        },
        exchange,
      );
      const outcome = await exchange.outcome;
      unwatchAbort(signal, cancel);
      return outcome;
    },
    close: () => (closed ??= pool.close()),
  };
}
