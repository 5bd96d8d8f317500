/** The HTTP API as commands call it. Nothing else of this program speaks to the server. */
import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { ApiProblem, UnreachableError } from './cli-errors.js';
import { readServerEvents, type ServerEvent } from './server-events.js';

/** A list stands several times in the query. */
export type QueryValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface RequestOptions {
  readonly query?: QueryValues;
  readonly body?: unknown;
  /** Sent with POSTs so that the same command given twice has one effect. */
  readonly idempotencyKey?: string | undefined;
}

export interface UploadOptions {
  readonly query?: QueryValues;
  readonly contentType: 'text/csv' | 'application/x-ndjson';
  readonly body: Readable;
}

export interface Answer {
  readonly status: number;
  /** The JSON document as it came; null where there is none. */
  readonly document: unknown;
  readonly header: (name: string) => string | undefined;
  /** The document by its schema. @throws UnreachableError `stranger` when it is another. */
  read<Schema extends z.ZodType>(schema: Schema): z.output<Schema>;
}

export interface ApiClientOptions {
  readonly url: URL;
  readonly apiKey: string | undefined;
  /** Recorded beside the key's name. */
  readonly operator: string | undefined;
  /** Ends requests under way. */
  readonly signal: AbortSignal;
}

/** Longest silence of a stream: the server sends a sign of life every few seconds. */
const STREAM_SILENCE_MS = 90_000;
/** How long an answer may take: dry runs and audits of ten million take seconds. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;

/** A path with its values escaped: path`/v1/members/${memberId}`. */
export const path = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  parts.map((part, index) => part + encodeURIComponent(values[index] ?? '')).join('');

/** @throws from every call: ApiProblem; UnreachableError; what `signal` was aborted with. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #agent = new Agent({
    connections: 4,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: STREAM_SILENCE_MS,
    connect: { timeout: 10_000 },
  });

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url.href.replace(/\/$/, '');
  }

  get(pathname: string, query: QueryValues = {}): Promise<Answer> {
    return this.#json('GET', pathname, { query });
  }

  post(pathname: string, options: RequestOptions = {}): Promise<Answer> {
    return this.#json('POST', pathname, options);
  }

  put(pathname: string, options: RequestOptions = {}): Promise<Answer> {
    return this.#json('PUT', pathname, options);
  }

  patch(pathname: string, options: RequestOptions = {}): Promise<Answer> {
    return this.#json('PATCH', pathname, options);
  }

  delete(pathname: string, options: RequestOptions = {}): Promise<Answer> {
    return this.#json('DELETE', pathname, options);
  }

  /** Sends a stream; it may take as long as it moves. */
  async upload(pathname: string, { query = {}, contentType, body }: UploadOptions): Promise<Answer> {
    const response = await this.#request('POST', pathname, {
      query,
      headers: { 'content-type': contentType, accept: 'application/json' },
      body,
    });
    return this.#readAnswer(response);
  }

  /** The events of a stream until the server ends it. */
  async *events(pathname: string, query: QueryValues = {}): AsyncGenerator<ServerEvent, void, undefined> {
    const response = await this.#request('GET', pathname, { query, headers: { accept: 'text/event-stream' } });
    await this.#refuseProblem(response, 'text/event-stream');
    try {
      yield* readServerEvents(response.body);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** An answer that is no JSON, piece by piece. */
  async *download(pathname: string, query: QueryValues, accept: string): AsyncGenerator<Buffer, void, undefined> {
    const response = await this.#request('GET', pathname, { query, headers: { accept } });
    await this.#refuseProblem(response, accept);
    try {
      for await (const piece of response.body) yield piece as Buffer; // undici's bodies give buffers
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #json(method: Dispatcher.HttpMethod, pathname: string, options: RequestOptions): Promise<Answer> {
    const { query = {}, body, idempotencyKey } = options;
    const response = await this.#request(method, pathname, {
      query,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return this.#readAnswer(response);
  }

  async #request(
    method: Dispatcher.HttpMethod,
    pathname: string,
    { query, headers, body }: { query: QueryValues; headers: Record<string, string>; body?: string | Readable | null },
  ): Promise<Dispatcher.ResponseData> {
    const { apiKey, operator, signal } = this.#options;
    signal.throwIfAborted();
    try {
      return await request(this.url + pathname + queryOf(query), {
        dispatcher: this.#agent,
        method,
        signal,
        body: body ?? null,
        headers: {
          ...headers,
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(operator === undefined ? {} : { 'fanfare-operator': encodeURIComponent(operator) }),
        },
      });
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async #readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
    const document = await this.#readDocument(body);
    if (statusCode >= 400) throw ApiProblem.read(document) ?? new UnreachableError(this.url, 'stranger');
    const stranger = (cause: unknown): UnreachableError => new UnreachableError(this.url, 'stranger', { cause });
    return {
      status: statusCode,
      document,
      header: (name) => [headers[name]].flat()[0],
      read: (schema) => {
        const parsed = schema.safeParse(document);
        if (!parsed.success) throw stranger(parsed.error);
        return parsed.data;
      },
    };
  }

  async #readDocument(body: Dispatcher.ResponseData['body']): Promise<unknown> {
    let text: string;
    try {
      text = await body.text();
    } catch (error) {
      throw this.#translate(error);
    }
    if (text === '') return null;
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new UnreachableError(this.url, 'stranger', { cause });
    }
  }

  async #refuseProblem(response: Dispatcher.ResponseData, expectedType: string): Promise<void> {
    if (response.statusCode >= 400) await this.#readAnswer(response); // throws
    const type = [response.headers['content-type']].flat()[0] ?? '';
    if (response.statusCode === 200 && type.startsWith(expectedType)) return;
    await response.body.dump();
    throw new UnreachableError(this.url, 'stranger');
  }

  #translate(error: unknown): unknown {
    if (this.#options.signal.aborted) return this.#options.signal.reason;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (DOWN_CODES.has(code)) return new UnreachableError(this.url, 'down', { cause: error });
    if (BROKEN_CODES.has(code)) return new UnreachableError(this.url, 'broken', { cause: error });
    if (/^(?:HPE_|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) {
      return new UnreachableError(this.url, 'stranger', { cause: error });
    }
    return error;
  }
}

const DOWN_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const BROKEN_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
]);

function queryOf(values: QueryValues): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of value === undefined ? [] : [value].flat()) query.append(name, String(each));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
