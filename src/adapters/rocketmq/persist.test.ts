import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { CallError } from './call-error.js';
import { persist, type PersistDeps } from './persist.js';
import { ProxyPool } from './proxy-pool.js';

const SILENT_MS = 3_000;

describe('a call that proxies say nothing to', () => {
  let clock: ManualClock;
  let deps: PersistDeps;
  let asked: number;
  beforeEach(() => {
    clock = new ManualClock();
    asked = 0;
    const onEvent = (): void => undefined;
    const pool = new ProxyPool(['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'], { clock, onEvent }, 0);
    deps = { clock, random: new SeededRandom(1), pool, onEvent };
  });
  afterEach(() => {
    deps.pool.close();
  });

  const ask = (
    options: { readonly forMs: number; readonly signal?: AbortSignal },
    meanwhile: () => void = () => undefined,
  ) =>
    persist(deps, { method: 'SendMessage', ...options }, () => {
      asked++;
      clock.advance(SILENT_MS);
      meanwhile();
      return Promise.reject(new CallError('DEADLINE_EXCEEDED', 'silent', false, false));
    });

  it('asks no other once it is stopped', async () => {
    const stopping = new AbortController();
    const asking = ask({ forMs: 60_000, signal: stopping.signal }, () => stopping.abort());
    await expect(asking).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(asked).toBe(1);
  });

  it('asks no other once its time is over, and nobody when it was over before', async () => {
    await expect(ask({ forMs: 1_000 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', isSure: false });
    expect(asked).toBe(1);
    await expect(ask({ forMs: -1 })).rejects.toMatchObject({ code: 'TOO_LATE', isSure: true });
    expect(asked).toBe(1);
  });
});
