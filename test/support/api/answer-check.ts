import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ApiOperation } from './api-operations.js';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What no refusal may tell: stacks, files, statements. */
const INSIDES =
  /\bat [^\n"]*\.[cm]?[jt]s:\d+|node:internal|node_modules|\/(work|tmp|home|root|usr|srv|dist|src)\/|\b(SELECT|INSERT|UPDATE|DELETE) .*\b(FROM|INTO|SET)\b|SQLITE|sqlite|constraint failed|better-sqlite/;

const PROBLEM = 'application/problem+json; charset=utf-8';

/** Checks answers against the document they are described in, by other code than made it. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(document: object) {
    this.ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
    this.ajv.addFormat('binary', true);
    this.ajv.addSchema({ ...document, $id: 'api' });
  }

  /** What is wrong with an answer; undefined when it is as documented. */
  fault(operation: ApiOperation, answer: ApiAnswer): string | undefined {
    const type = String(answer.headers['content-type'] ?? '');
    if (answer.status >= 500) return 'a fault of the server';
    if (answer.status >= 400 && operation.answers.get('200')?.type !== 'text/html')
      return this.problemFault(answer, type);
    const status = String(answer.status);
    if (answer.status >= 400) return undefined; // a page for people
    if (!operation.answers.has(status)) return 'a status that is not documented';
    const documented = operation.answers.get(status);
    if (documented === undefined) return answer.body === '' ? undefined : 'a body where none is documented';
    if (!type.startsWith(documented.type)) return `a content type that is not documented: ${type}`;
    return documented.type === 'application/json' ? this.bodyFault(operation, status, answer.body) : undefined;
  }

  private problemFault(answer: ApiAnswer, type: string): string | undefined {
    if (type !== PROBLEM) return `a refusal that is no problem document: ${type}`;
    if (INSIDES.test(answer.body)) return 'a refusal that tells of the inside';
    const problem: unknown = JSON.parse(answer.body);
    const isValid = this.validate('#/components/schemas/Problem', problem);
    if (isValid !== undefined) return isValid;
    const { status, requestId } = problem as { status: unknown; requestId: unknown }; // just checked
    if (status !== answer.status) return 'a problem of another status than its answer';
    return requestId === answer.headers['x-request-id'] ? undefined : 'a problem of another request';
  }

  private bodyFault({ path, method }: ApiOperation, status: string, body: string): string | undefined {
    const place = ['paths', path, method.toLowerCase(), 'responses', status, 'content', 'application/json', 'schema'];
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    return this.validate(`#/${pointer}`, JSON.parse(body));
  }

  private validate(pointer: string, value: unknown): string | undefined {
    const known = this.validators.get(pointer);
    const validator = known ?? this.ajv.compile({ $ref: `api${pointer}` });
    if (known === undefined) this.validators.set(pointer, validator);
    return validator(value) ? undefined : `against its schema: ${this.ajv.errorsText(validator.errors)}`;
  }
}
