import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { registerRocketmqMetrics } from './rocketmq-metrics.js';

it('counts calls with their outcomes, retries, reconnects, repeats, and whether RocketMQ is there', async () => {
  const registry = new Registry();
  const onEvent = registerRocketmqMetrics(registry);
  onEvent({ kind: 'call', method: 'SendMessage', durationMs: 4, outcome: 'OK' });
  onEvent({ kind: 'retry', method: 'SendMessage', endpoint: 'p:1', reason: 'away' });
  onEvent({ kind: 'reconnect', endpoint: 'p:1', group: 'g' });
  onEvent({ kind: 'repeat', group: 'g', messageId: '1' });
  onEvent({ kind: 'unavailable', reason: 'away' });
  const away = await registry.metrics();
  expect(away).toContain('fanfare_rocketmq_call_seconds_bucket{le="0.005",method="SendMessage",outcome="OK"} 1');
  for (const name of ['retries{method="SendMessage"}', 'reconnects', 'repeats'])
    expect(away).toContain(`fanfare_rocketmq_${name} 1`);
  expect(away).toContain('fanfare_rocketmq_available 0');
  onEvent({ kind: 'available', afterMs: 10 });
  expect(await registry.metrics()).toContain('fanfare_rocketmq_available 1');
});
