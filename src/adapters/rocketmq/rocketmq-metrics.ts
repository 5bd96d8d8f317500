import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { OnRocketmqEvent } from './rocketmq-event.js';

/** From a batch on a quiet machine to a long poll that found nothing. */
const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts what the adapter reports; give the answer to the queue as `onEvent`. */
export function registerRocketmqMetrics(registry: Registry): OnRocketmqEvent {
  const registers = [registry];
  const calls = new Histogram({
    name: 'fanfare_rocketmq_call_seconds',
    help: 'Time until a call to a proxy was answered.',
    labelNames: ['method', 'outcome'],
    buckets: CALL_SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'fanfare_rocketmq_retries',
    help: 'Calls that failed on one proxy and were tried again or given up.',
    labelNames: ['method'],
    registers,
  });
  const reconnects = new Counter({
    name: 'fanfare_rocketmq_reconnects',
    help: 'Sessions of groups that were lost and made anew.',
    registers,
  });
  const repeats = new Counter({
    name: 'fanfare_rocketmq_repeats',
    help: 'Messages that came again after this process had ended them.',
    registers,
  });
  const isAvailable = new Gauge({
    name: 'fanfare_rocketmq_available',
    help: '0 while no proxy answers as it should.',
    registers,
  });
  isAvailable.set(1);
  return (event) => {
    switch (event.kind) {
      case 'call':
        calls.observe({ method: event.method, outcome: event.outcome }, event.durationMs / 1_000);
        break;
      case 'retry':
        retries.inc({ method: event.method });
        break;
      case 'reconnect':
        reconnects.inc();
        break;
      case 'repeat':
        repeats.inc();
        break;
      case 'unavailable':
        isAvailable.set(0);
        break;
      case 'available':
        isAvailable.set(1);
        break;
    }
  };
}
