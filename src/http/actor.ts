import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DomainError } from '../core/errors.js';

const MAX_OPERATOR_CHARACTERS = 64;

/** The header of every change that is recorded with who made it. `actorOf` checks it. */
export const operatorHeaders = z.object({
  'fanfare-operator': z
    .string()
    .optional()
    .describe('The person for whom a program asks, in percent-encoded UTF-8; recorded behind the name of the key'),
});

/**
 * Who is recorded as having done it: the key's name, and, where a program acts for people, the one it names in
 * `Fanfare-Operator` (percent-encoded UTF-8): `back office/李伟`. The key is proven, the person is the program's word.
 */
export function actorOf(request: FastifyRequest): string {
  const header = request.headers['fanfare-operator'];
  if (header === undefined) return request.principal.name;
  const operator = typeof header === 'string' ? decode(header)?.normalize('NFC').trim() : undefined;
  if (
    operator === undefined ||
    operator === '' ||
    operator.length > MAX_OPERATOR_CHARACTERS ||
    /\p{Cc}/u.test(operator)
  ) {
    throw new DomainError(
      'INVALID_INPUT',
      `Fanfare-Operator names a person in 1 to ${MAX_OPERATOR_CHARACTERS} characters of percent-encoded UTF-8.`,
      { field: 'fanfare-operator' },
    );
  }
  return `${request.principal.name}/${operator}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a bad escape; the caller says so
  }
}
