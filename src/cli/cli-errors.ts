import { z } from 'zod';
import type { DomainError } from '../core/errors.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import type { Wording } from './wording.js';

/** The command line cannot be understood. `message` says what is wrong in every language. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(readonly wording: Wording) {
    super(wording.en);
  }
}

/** No Fanfare server answers at the address. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(
    readonly url: string,
    /** `down`: nobody answers; `broken`: the connection was lost; `stranger`: something else answers. */
    readonly kind: 'down' | 'broken' | 'stranger',
    options?: { readonly cause?: unknown },
  ) {
    super(`${url}: ${kind}`, options);
  }
}

/** A command that did its work and ends with bad news, already said. */
export class BadNews extends Error {
  override readonly name = 'BadNews';
}

/** The command was ended by Ctrl-C, and everything there was to say has been said. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const problemSchema = z.object({
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
});

/** What the server refused, as it said so. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly values: Readonly<Record<string, unknown>>;

  private constructor(
    { status, code, detail, values }: z.output<typeof problemSchema>,
    /** The document as it came. */
    readonly document: unknown,
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.values = values;
  }

  /** Undefined when the document is no problem of ours. */
  static read(document: unknown): ApiProblem | undefined {
    const { data } = problemSchema.safeParse(document);
    return data === undefined ? undefined : new ApiProblem(data, document);
  }
}

/** The exit code of a refusal by its HTTP status. */
export function exitCodeOf({ status }: ApiProblem | DomainError): ExitCode {
  if (status === 401 || status === 403) return EXIT_CODES.notAllowed;
  if (status === 429 || status === 408 || status >= 500) return EXIT_CODES.tryLater;
  return EXIT_CODES.refused;
}
