/** Errors as they leave: RFC 9457 problem documents. No stack, path or SQL, and nothing that was sent. */
import { isResponseSerializationError } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { DomainError, isDomainError, type ErrorCode, type ErrorValues } from '../core/errors.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export const problemSchema = z
  .object({
    type: z.string().describe('urn:fanfare:error: and the code'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('One of the codes listed in docs/ERRORS.md; stable'),
    detail: z.string().describe('What happened and what to do'),
    values: z.record(z.string(), z.unknown()).describe('The values the detail speaks of'),
    isRetryable: z.boolean().describe('True when the same call can succeed later'),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof problemSchema>;

export function toProblem(error: DomainError, requestId: string): Problem {
  return {
    type: `urn:fanfare:error:${error.code}`,
    title: titleOf(error.code),
    status: error.status,
    code: error.code,
    detail: error.message,
    values: plainValues(error.values),
    isRetryable: error.isRetryable,
    requestId,
  };
}

/** What a caller is told for anything that was thrown. What is not meant for callers becomes INTERNAL. */
export function toDomainError(error: unknown): DomainError {
  if (isDomainError(error)) return error;
  return fromFramework(error) ?? new DomainError('INTERNAL', INTERNAL_DETAIL, {}, { cause: error });
}

const INTERNAL_DETAIL =
  'Something went wrong on our side. Try again with the same Idempotency-Key; if it stays, look for the requestId in the log.';
const MAX_ISSUES = 20;

interface FrameworkError {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly validation?: unknown;
  readonly validationContext?: unknown;
}

function fromFramework(error: unknown): DomainError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, statusCode, validation, validationContext } = error as FrameworkError; // every field is looked at as unknown
  if (Array.isArray(validation)) return invalidInput(validation, String(validationContext));
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new DomainError(
        'UNSUPPORTED_MEDIA_TYPE',
        'Send the body as application/json (uploads: text/csv or application/x-ndjson).',
      );
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new DomainError(
        'BODY_TOO_LARGE',
        'The body is larger than this route takes; split it, or use an upload route.',
      );
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new DomainError('INVALID_INPUT', 'The body is not the JSON document that its headers announce.', {
        field: 'body',
      });
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new DomainError('INVALID_INPUT', 'The URL is malformed; check its escapes.', { field: 'url' });
    default:
      // Anything else a library calls the caller's fault is told as such, without its own words.
      return statusCode === 400 && !isSerializationFault(error)
        ? new DomainError('INVALID_INPUT', 'The request could not be read.', {})
        : undefined;
  }
}

const isSerializationFault = (error: object): boolean => 'statusCode' in error && isResponseSerializationError(error);

function invalidInput(validation: readonly unknown[], context: string): DomainError {
  const issues = validation.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, context));
  const first = issues[0] ?? { field: context, message: 'Invalid.' };
  const more = validation.length > 1 ? ` (and ${validation.length - 1} more)` : '';
  return new DomainError('INVALID_INPUT', `${first.field}: ${first.message}${more}`, { field: first.field, issues });
}

interface Issue {
  readonly field: string;
  readonly message: string;
}

function describeIssue(issue: unknown, context: string): Issue {
  const { instancePath, message } = issue as { instancePath?: unknown; message?: unknown }; // looked at as unknown
  const path =
    typeof instancePath === 'string'
      ? instancePath
          .split('/')
          .filter((part) => part !== '')
          .join('.')
      : '';
  const place = CONTEXT_NAMES[context] ?? context;
  const field = place === 'body' && path !== '' ? path : [place, path].filter((part) => part !== '').join('.');
  return { field, message: typeof message === 'string' ? wordsOf(message) : 'Invalid.' };
}

/** Of a value that is not there zod says what it is not. */
const wordsOf = (message: string): string =>
  message.replace(/^Invalid input: expected (\w+), received undefined$/, 'It is missing; give a value of the type $1.');

const CONTEXT_NAMES: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' };

/** `PROMOTION_CONFLICT` → `Promotion conflict`. */
function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Values as JSON can carry them: big integers become decimal strings. */
const plainValues = (values: ErrorValues): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  ) as Record<string, unknown>; // an object stays an object through JSON
