import type { Clock } from '../../core/ports/clock.js';
import type { MessageQueueRoute } from './protocol.js';

const LIFE_MS = 30_000;

type Ask = (topic: string, forMs: number) => Promise<readonly MessageQueueRoute[]>;

/** Routes for 30 s, or until a call over one fails. Callers that wait for the same topic share one question. */
export class RouteCache {
  private readonly known = new Map<
    string,
    { readonly queues: readonly MessageQueueRoute[]; readonly endsMs: number }
  >();
  private readonly asked = new Map<string, Promise<readonly MessageQueueRoute[]>>();

  constructor(
    private readonly clock: Clock,
    private readonly ask: Ask,
  ) {}

  async get(topic: string, forMs: number): Promise<readonly MessageQueueRoute[]> {
    const entry = this.known.get(topic);
    if (entry !== undefined && entry.endsMs > this.clock.monotonicMs()) return entry.queues;
    const asked = this.asked.get(topic) ?? this.refresh(topic, forMs);
    return asked;
  }

  forget(topic: string): void {
    this.known.delete(topic);
  }

  private refresh(topic: string, forMs: number): Promise<readonly MessageQueueRoute[]> {
    const asked = this.ask(topic, forMs)
      .then((queues) => {
        this.known.set(topic, { queues, endsMs: this.clock.monotonicMs() + LIFE_MS });
        return queues;
      })
      .finally(() => this.asked.delete(topic));
    this.asked.set(topic, asked);
    return asked;
  }
}
