import { ApiClient, type Answer } from '../cli/api-client.js';
import { UnreachableError } from '../cli/cli-errors.js';
import type { ServerEvent } from '../cli/server-events.js';
import type { Clock } from '../core/ports/clock.js';
import type { ServerProcess } from './server-process.js';

const RETRY_MS = 100;

/**
 * The HTTP API as any client would call it. A server that dies under a call is started again by its keeper, and the
 * call is made again: POSTs carry an Idempotency-Key, so that a second one has no second effect.
 */
export class DemoApi {
  private readonly client: ApiClient;

  constructor(
    private readonly server: ServerProcess,
    private readonly options: { readonly url: string; readonly clock: Clock; readonly signal: AbortSignal },
  ) {
    this.client = new ApiClient({
      url: new URL(options.url),
      apiKey: undefined,
      operator: 'demo',
      signal: options.signal,
    });
  }

  get url(): string {
    return this.client.url;
  }

  get(pathname: string, query: Readonly<Record<string, string | number>> = {}): Promise<Answer> {
    return this.stubborn(() => this.client.get(pathname, query));
  }

  post(pathname: string, body: unknown, idempotencyKey?: string): Promise<Answer> {
    return this.stubborn(() => this.client.post(pathname, { body, idempotencyKey }));
  }

  put(pathname: string, body?: unknown): Promise<Answer> {
    return this.stubborn(() => this.client.put(pathname, { body }));
  }

  /** The events of a stream until the server ends it; begun again where it broke. */
  async *events(pathname: string): AsyncGenerator<ServerEvent, void, undefined> {
    for (;;) {
      try {
        yield* this.client.events(pathname);
        return;
      } catch (error) {
        await this.waitAfter(error);
      }
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async stubborn(call: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        await this.waitAfter(error);
      }
    }
  }

  /** Waits for the server where it went away; throws everything else again. */
  private async waitAfter(error: unknown): Promise<void> {
    if (!(error instanceof UnreachableError) || error.kind === 'stranger') throw error;
    const { clock, signal } = this.options;
    await clock.sleep(RETRY_MS, signal); // its end may not have been noticed yet
    signal.throwIfAborted();
    await this.server.whenUp();
  }
}
