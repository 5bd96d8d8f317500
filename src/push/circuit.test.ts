import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import type { AnswerKind, ChunkAnswer } from '../core/ports/provider.js';
import { SeededRandom } from '../core/seeded-random.js';
import { accountRefusalOf, Circuit, isEndpointAway } from './circuit.js';

describe('the circuit of a channel', () => {
  let clock: ManualClock;
  let circuit: Circuit;
  beforeEach(() => {
    clock = new ManualClock();
    circuit = new Circuit(clock, new SeededRandom(1));
  });

  const record = (kinds: ChunkAnswer['kinds'], code?: string, times = 1): void => {
    for (let time = 0; time < times; time++) circuit.record({ kinds, ...(code !== undefined && { detail: { code } }) });
  };

  it.each<[string, ChunkAnswer['kinds'], string | undefined]>([
    ['ambiguous answers', 'ambiguous', undefined],
    ['transient failures', 'transient', undefined],
    ['a connection that is refused', 'accountRefused', 'ECONNREFUSED'],
    ['a connection that is not made in time', 'accountRefused', 'UND_ERR_CONNECT_TIMEOUT'],
    [
      'silence, while the rest of the chunk waited in vain',
      ['ambiguous', 'ambiguous', 'notSent', 'notSent'],
      undefined,
    ],
  ])('opens after five chunks of %s', (_what, kinds, code) => {
    record(kinds, code, 4);
    expect(circuit.state).toBe('closed');
    record(kinds, code);
    expect(circuit.state).toBe('open');
  });

  it.each<AnswerKind>(['accepted', 'throttled', 'addressRefused', 'messageRefused', 'accountRefused'])(
    'is closed by a vendor that takes a stand: %s',
    (kind) => {
      record('ambiguous', undefined, 4);
      record(['ambiguous', kind]);
      record('ambiguous', undefined, 4);
      expect(circuit.state).toBe('closed');
    },
  );

  it('learns nothing from a chunk that no socket saw', () => {
    record('ambiguous', undefined, 5);
    clock.advance(circuit.remainingMs);
    expect(circuit.state).toBe('probing');
    record('notSent');
    expect(circuit.state).toBe('probing');
    record('ambiguous');
    expect(circuit.state).toBe('open');
  });

  it('waits longer after each probe that fails, up to 9.4 s, and closes with the first that does not', () => {
    record('ambiguous', undefined, 5);
    let lastMs = circuit.remainingMs;
    for (let probe = 0; probe < 12; probe++) {
      clock.advance(circuit.remainingMs);
      record('ambiguous');
      expect(circuit.remainingMs).toBeLessThanOrEqual(9_375);
      lastMs = circuit.remainingMs;
    }
    expect(lastMs).toBeGreaterThan(5_000);
    clock.advance(circuit.remainingMs);
    record('accepted');
    expect(circuit.state).toBe('closed');
  });
});

describe('the circuit of a channel, jitter known', () => {
  let clock: ManualClock;
  let drawn: number;
  let circuit: Circuit;
  beforeEach(() => {
    clock = new ManualClock();
    clock.advance(10_000);
    drawn = 0.5;
    circuit = new Circuit(clock, { next: () => drawn, bytes: () => new Uint8Array() });
  });
  const record = (times: number, what: ChunkAnswer = { kinds: ['transient', 'ambiguous'] }): void => {
    for (let time = 0; time < times; time++) circuit.record(what);
  };

  it('opens after five failing chunks in a row', () => {
    record(4);
    expect([circuit.state, circuit.remainingMs]).toEqual(['closed', 0]);
    record(1, { kinds: ['accepted', 'transient'] });
    record(4);
    expect(circuit.state).toBe('closed');
    record(1);
    expect([circuit.state, circuit.remainingMs]).toEqual(['open', 1_000]);
  });

  it('lets a probe go after its wait, and closes when that succeeds', () => {
    record(5);
    clock.advance(999);
    expect([circuit.state, circuit.remainingMs]).toEqual(['open', 1]);
    clock.advance(1);
    expect([circuit.state, circuit.remainingMs]).toEqual(['probing', 0]);
    record(1, { kinds: ['accepted'] });
    expect([circuit.state, circuit.remainingMs]).toEqual(['closed', 0]);
    record(4);
    expect(circuit.state).toBe('closed');
  });

  it('waits twice as long after each probe that fails, up to 7.5 s, and anew after a success', () => {
    record(5);
    const waits = [1_000, 2_000, 4_000, 7_500, 7_500];
    for (const waitMs of waits) {
      expect(circuit.remainingMs).toBe(waitMs);
      clock.advance(waitMs);
      record(1);
    }
    clock.advance(7_500);
    record(1, { kinds: ['accepted'] });
    record(5);
    expect(circuit.remainingMs).toBe(1_000);
  });

  it('is not held open by answers to what was on its way when it opened', () => {
    record(5);
    clock.advance(400);
    record(7);
    expect(circuit.remainingMs).toBe(600);
  });

  it.each([
    [0, 750],
    [0.999, 1_249.5],
  ])('waits with jitter: %d draws %d ms', (next, waitMs) => {
    drawn = next;
    record(5);
    expect(circuit.remainingMs).toBeCloseTo(waitMs, 1);
  });

  const away = new Map([[0, { code: 'ECONNREFUSED' }]]);
  it.each<[string, ChunkAnswer, 'open' | 'closed']>([
    ['one kind for all', { kinds: 'transient' }, 'open'],
    ['nobody there', { kinds: 'accountRefused', detail: { code: 'ENOTFOUND' } }, 'open'],
    ['nobody there, by member', { kinds: 'accountRefused', details: away }, 'open'],
    ['nobody there after some', { kinds: ['accountRefused', 'notSent', 'ambiguous'], details: away }, 'open'],
    ['an account that is refused', { kinds: 'accountRefused', detail: { code: '401' } }, 'closed'],
    ['an account refused without a word', { kinds: 'accountRefused' }, 'closed'],
    ['a vendor that refuses members', { kinds: ['transient', 'addressRefused'] }, 'closed'],
    ['a vendor that throttles', { kinds: ['throttled'] }, 'closed'],
  ])('takes %s for what it is', (_, what, state) => {
    record(5, what);
    expect(circuit.state).toBe(state);
  });
});

describe('what a vendor said of the account', () => {
  it('is found wherever it stands', () => {
    const said = { code: '401', text: 'key revoked' };
    expect(accountRefusalOf({ kinds: 'accountRefused', detail: said })).toEqual(said);
    expect(accountRefusalOf({ kinds: ['accepted', 'accountRefused'], details: new Map([[1, said]]) })).toEqual(said);
    expect(accountRefusalOf({ kinds: ['accepted', 'accountRefused'], details: new Map([[0, said]]) })).toEqual({});
    expect(accountRefusalOf({ kinds: 'accepted', detail: said })).toBeUndefined();
    expect(accountRefusalOf({ kinds: ['accepted', 'transient'], detail: said })).toBeUndefined();
  });

  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'ECONNECTION',
    'EPIPE',
    'ESOCKET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EADDRNOTAVAIL',
    'EMFILE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EDNS',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_SOCKET',
  ])('is that nobody is there: %s', (code) => {
    expect(isEndpointAway({ code })).toBe(true);
  });

  it('is nothing about the way to it', () => {
    expect([{ code: '401' }, {}, { text: 'ENOTFOUND' }].map(isEndpointAway)).toEqual([false, false, false]);
  });
});
