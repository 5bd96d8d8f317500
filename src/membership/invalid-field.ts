import { DomainError } from '../core/errors.js';

/**
 * Refusal of one field of a member. The reason never repeats the value: it may be an address.
 * The import turns it into a line of the rejects file, the API into a 400.
 */
export const invalidField = (field: string, reason: string): DomainError =>
  new DomainError('INVALID_INPUT', `${field} ${reason}.`, { field, reason });
