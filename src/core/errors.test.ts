import { describe, expect, it } from 'vitest';
import { assert, assertNever } from './assert.js';
import { DomainError, ERRORS, isDomainError } from './errors.js';

describe('the catalogue of errors', () => {
  it.each(Object.entries(ERRORS))('%s has a public name and a status that says error', (code, { status }) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z0-9]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });

  it('calls nothing retryable that the caller has to change first', () => {
    for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
      if ([400, 401, 403, 404, 405, 413, 415, 421, 422].includes(status))
        expect([code, retryable]).toEqual([code, false]);
      if ([429, 503].includes(status)) expect([code, retryable]).toEqual([code, true]);
    }
  });
});

describe('DomainError', () => {
  const cause = new Error('disk on fire');
  const error = new DomainError('STORE_FULL', 'The disk is full; free some space.', { freeBytes: 0 }, { cause });

  it('carries its code, values and cause, and what the catalogue says of the code', () => {
    expect(error).toMatchObject({ name: 'DomainError', code: 'STORE_FULL', values: { freeBytes: 0 }, cause });
    expect(error.status).toBe(503);
    expect(error.isRetryable).toBe(true);
    expect(new DomainError('NOT_FOUND', 'No campaign 7.').values).toEqual({});
  });

  it('is told from other errors, and by its code', () => {
    expect(isDomainError(error)).toBe(true);
    expect(isDomainError(error, 'STORE_FULL')).toBe(true);
    expect(isDomainError(error, 'NOT_FOUND')).toBe(false);
    expect(isDomainError(cause)).toBe(false);
    expect(isDomainError({ code: 'STORE_FULL' })).toBe(false);
  });
});

describe('assertions', () => {
  it('stop on a broken invariant and say which', () => {
    expect(() => assert(true, 'counts add up')).not.toThrow();
    expect(() => assert(0, 'counts add up')).toThrow('Broken invariant: counts add up');
    expect(() => assertNever('purple' as never)).toThrow('unexpected "purple"');
  });
});
