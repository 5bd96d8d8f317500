import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RedisConnectionOptions } from './redis-connection.js';

/** Up to the half second after which a call is given up. */
const CALL_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];

/** Counts what the connection tells; give the answer to it with its options. */
export function registerRedisMetrics(registry: Registry): Required<Pick<RedisConnectionOptions, 'onCall' | 'onEvent'>> {
  const registers = [registry];
  const calls = new Histogram({
    name: 'fanfare_redis_call_seconds',
    help: 'Time until a call was answered or given up.',
    labelNames: ['outcome'],
    buckets: CALL_SECONDS,
    registers,
  });
  const reconnects = new Counter({
    name: 'fanfare_redis_reconnects',
    help: 'Times that Redis answered again after it had not.',
    registers,
  });
  const isAvailable = new Gauge({ name: 'fanfare_redis_available', help: '0 while Redis does not answer.', registers });
  isAvailable.set(1);
  return {
    onCall: ({ durationMs, isAnswered }) => {
      calls.observe({ outcome: isAnswered ? 'answered' : 'unanswered' }, durationMs / 1_000);
    },
    onEvent: ({ kind }) => {
      isAvailable.set(kind === 'redis.back' ? 1 : 0);
      if (kind === 'redis.back') reconnects.inc();
    },
  };
}
