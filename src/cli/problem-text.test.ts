import { expect, it } from 'vitest';
import { ERRORS } from '../core/errors.js';
import { CHINESE_CODES } from './text/problem-text.js';

it('every error code has a sentence for readers of Chinese', () => {
  expect([...CHINESE_CODES].sort()).toEqual(Object.keys(ERRORS).sort());
});
