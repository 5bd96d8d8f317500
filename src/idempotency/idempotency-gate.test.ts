import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { DomainError } from '../core/errors.js';
import { structuredHash } from '../core/structured-hash.js';
import { DAY_MS } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { IdempotencyGate, WAIT_FOR_FIRST_MS, purgeIdempotencyKeys, type Remember } from './idempotency-gate.js';
import type { IdempotentRequest } from './idempotency-repository.js';

describe('an Idempotency-Key', () => {
  let opened: TemporaryStore;
  let gate: IdempotencyGate;
  let runs: number;
  beforeEach(async () => {
    opened = await temporaryStore();
    gate = new IdempotencyGate(opened);
    runs = 0;
  });
  afterEach(() => opened.remove());

  const request = (changes: { scope?: string; key?: string; body?: string } = {}): IdempotentRequest => ({
    scope: changes.scope ?? 'key/1',
    key: changes.key ?? 'k-1',
    requestHash: structuredHash([changes.body ?? '{}']),
  });
  const takeId = async (remember: Remember) => {
    runs++;
    return opened.store.transaction(async (tx) => {
      await tx.outbox.append({ topic: TOPICS.promotionCreated, key: 'effect', body: {} });
      const done = { status: 201, reference: `campaign/${await tx.ids.take('campaign', 1)}` };
      await remember(tx, done);
      return done;
    });
  };
  const effects = async (): Promise<number> => (await opened.query('SELECT topic FROM event')).length;
  const refuseWith = (code: 'CAMPAIGN_STATE' | 'INVALID_INPUT' | 'STORE_UNAVAILABLE' | 'JOB_RUNNING') => async () => {
    runs++;
    throw new DomainError(code, 'refused', { campaignId: 7 });
  };

  it('lets ten requests at once have one effect and the same answer', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => gate.run(request(), takeId)));
    expect(runs).toBe(1);
    expect(new Set(answers.map(({ status, reference }) => `${status} ${reference}`))).toEqual(
      new Set(['201 campaign/1']),
    );
    expect(answers.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
  });

  it('has one effect even when two servers over one store run it at once', async () => {
    const other = new IdempotencyGate(opened);
    const answers = await Promise.all([gate, other].map((each) => each.run(request(), takeId)));
    expect(runs).toBe(2);
    expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
    expect(await effects()).toBe(1);
  });

  it('is refused with another body, and is another key under another scope', async () => {
    await gate.run(request(), takeId);
    await expect(gate.run(request({ body: '{"a":1}' }), takeId)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await gate.run(request({ scope: 'key/2', body: '{"a":1}' }), takeId)).toMatchObject({ isRepeated: false });
  });

  it('keeps its answer for 24 hours, through a restart', async () => {
    await gate.run(request(), takeId);
    opened.clock.advance(DAY_MS - 1);
    expect(await new IdempotencyGate(opened).run(request(), takeId)).toMatchObject({ isRepeated: true });
    opened.clock.advance(1);
    expect(await gate.run(request({ body: 'new' }), takeId)).toEqual({
      status: 201,
      reference: 'campaign/2',
      isRepeated: false,
    });
  });

  it('gives a refusal again, word for word, without asking a second time', async () => {
    for (let time = 0; time < 3; time++) {
      await expect(gate.run(request(), refuseWith('CAMPAIGN_STATE'))).rejects.toMatchObject({
        code: 'CAMPAIGN_STATE',
        message: 'refused',
        values: { campaignId: 7 },
      });
    }
    expect(runs).toBe(1);
  });

  it.each(['INVALID_INPUT', 'STORE_UNAVAILABLE', 'JOB_RUNNING'] as const)('does not keep %s', async (code) => {
    await expect(gate.run(request(), refuseWith(code))).rejects.toMatchObject({ code });
    expect(await gate.run(request({ body: 'corrected' }), takeId)).toMatchObject({ isRepeated: false });
  });

  it('does not keep a crash of ours, and leaves no effect of it', async () => {
    const broken = async (remember: Remember) => {
      await takeId(async (tx, done) => {
        await remember(tx, done);
        throw new Error('broken');
      });
      return { status: 201, reference: 'none' };
    };
    await expect(gate.run(request(), broken)).rejects.toThrow('broken');
    expect(await gate.run(request(), takeId)).toMatchObject({ isRepeated: false });
    expect(await effects()).toBe(1);
  });

  it('lets the next in line run when the first fails', async () => {
    let fail: ((error: Error) => void) | undefined;
    const first = gate.run(request(), () => new Promise((_, reject) => (fail = reject)));
    const others = Promise.all([1, 2, 3].map(() => gate.run(request(), takeId)));
    await expect.poll(() => fail).toBeDefined();
    fail?.(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    expect((await others).filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
    expect(runs).toBe(1);
  });

  it('makes a second caller wait for a while only', async () => {
    let finish: (() => void) | undefined;
    const first = gate.run(request(), async (remember) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return takeId(remember);
    });
    const second = gate.run(request(), takeId);
    await expect.poll(() => [finish !== undefined, opened.clock.sleeperCount]).toEqual([true, 1]);
    opened.clock.advance(WAIT_FOR_FIRST_MS);
    await expect(second).rejects.toMatchObject({ code: 'REQUEST_IN_PROGRESS' });
    finish?.();
    expect(await first).toMatchObject({ reference: 'campaign/1' });
    expect(await gate.run(request(), takeId)).toMatchObject({ reference: 'campaign/1', isRepeated: true });
  });

  it('is forgotten in slices once its time is over', async () => {
    for (const key of ['a', 'b', 'c']) await gate.run(request({ key }), takeId);
    const purge = () => opened.store.transaction((tx) => purgeIdempotencyKeys(tx, opened.clock.now(), 2));
    expect(await purge()).toBe(0);
    opened.clock.advance(DAY_MS);
    expect([await purge(), await purge()]).toEqual([2, 1]);
  });
});
