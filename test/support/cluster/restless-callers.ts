import { setTimeout as after } from 'node:timers/promises';
import { Agent, fetch, type RequestInit } from 'undici';
import { vi } from 'vitest';

export const CALLERS = 4;
const PAUSE_MS = 10;

interface Called {
  readonly answered: number;
  /** Calls that went to the other node, because the first took no connection. */
  readonly refused: number;
  /** Calls that went to the other node, because the connection ended without an answer. */
  readonly reset: number;
  /** Whatever else was not answered well. */
  readonly errors: readonly string[];
  /** Names of the promotions that were acknowledged. */
  readonly written: readonly string[];
}

/**
 * Callers behind two nodes, as a proxy spreads them: each call goes to the next node, over a connection of its own, and
 * to the other one where the first takes no connection, or ends it without an answer: a connection that the system has
 * made in the instant of a stop, and the program has not taken, is reset. Calls are readings or carry a key, so a proxy
 * may repeat them; one whose effect is there already was taken, and its answer lost: an error. (Over a connection that is kept a request may cross with the server's closing it, as with every
 * server; that is no matter of nodes.)
 */
export class RestlessCallers {
  private readonly written: string[] = [];
  private readonly errors: string[] = [];
  private readonly answeredBy = new Map<string, number>();
  private answered = 0;
  private refused = 0;
  private reset = 0;
  private calls = 0;
  private isStopping = false;
  private readonly dispatcher = new Agent({ pipelining: 0 }); // no connection is kept
  private readonly running: Promise<unknown>;

  constructor(
    public urls: readonly string[],
    private readonly campaignId: number,
  ) {
    this.running = Promise.all(Array.from({ length: CALLERS }, () => this.run()));
  }

  /** Resolves once each of these has answered a call from now on. */
  async areAnsweredBy(urls: readonly string[]): Promise<void> {
    const before = new Map(this.answeredBy);
    await vi.waitFor(
      () => {
        for (const url of urls) {
          if ((this.answeredBy.get(url) ?? 0) <= (before.get(url) ?? 0)) throw new Error(`${url} has not answered`);
        }
      },
      { timeout: 60_000, interval: 10 },
    );
  }

  async stop(): Promise<Called> {
    this.isStopping = true;
    await this.running;
    await this.dispatcher.close();
    const { answered, refused, reset, errors, written } = this;
    return { answered, refused, reset, errors, written };
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const number = this.calls++;
      await (number % 2 === 0 ? this.write(`Called ${number}`, number) : this.read(number));
      await after(PAUSE_MS);
    }
  }

  private read(number: number): Promise<boolean> {
    return this.call(number, `/v1/campaigns/${this.campaignId}`);
  }

  private async write(name: string, number: number): Promise<void> {
    const isWritten = await this.call(number, '/v1/promotions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': name.replace(' ', '-') },
      body: JSON.stringify({
        name,
        rule: { kind: 'directCut', cutMinor: 500 },
        currency: 'EUR',
        startsAt: '2090-06-01T00:00:00Z',
        endsAt: '2090-06-19T00:00:00Z',
      }),
    });
    if (isWritten) this.written.push(name);
  }

  /** True once answered well. */
  private async call(number: number, path: string, init?: RequestInit): Promise<boolean> {
    const inTurn = this.urls.map((_, index) => this.urls[(Math.floor(number / 2) + index) % this.urls.length] ?? '');
    for (const [attempt, url] of inTurn.entries()) {
      try {
        const response = await fetch(url + path, { ...init, dispatcher: this.dispatcher });
        const text = await response.text();
        if (response.headers.has('idempotent-replayed')) {
          this.errors.push(`${path}: the first node did it and ended the connection without saying so`);
          return false;
        }
        if (!response.ok) {
          this.errors.push(`${response.status} of ${path}: ${text.slice(0, 200)}`);
          return false;
        }
        this.answered++;
        this.answeredBy.set(url, (this.answeredBy.get(url) ?? 0) + 1);
        return true;
      } catch (error) {
        if (attempt === 0 && isRefused(error)) {
          this.refused++;
          continue;
        }
        if (attempt === 0 && isReset(error)) {
          this.reset++;
          continue;
        }
        this.errors.push(`${path}: ${causeOf(error)}`);
        return false;
      }
    }
    return false;
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const isReset = (error: unknown): boolean => causeOf(error).includes('ECONNRESET');

const isRefused = (error: unknown): boolean => causeOf(error).includes('ECONNREFUSED');
