import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../core/errors.js';
import { quoteLargeNumbers } from '../events/incoming/whole-numbers.js';
import type { HttpApp } from './http-app.js';
import { endWithProblem } from './raw-answer.js';

/** Deeper than any document of ours; what is deeper is meant to exhaust the stack of whoever walks it. */
const MAX_JSON_DEPTH = 64;
const UPLOAD_TYPES = ['text/csv', 'application/x-ndjson'];

/**
 * JSON is the only body, except for uploads, which reach their route as a stream. `__proto__` and `constructor` keys
 * are refused; an empty JSON body counts as none. Numbers of other systems that JavaScript would round become text.
 */
export function registerBodyParsers(app: HttpApp): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (text.trim() === '') done(null, undefined);
    else if (isDeeperThan(text, MAX_JSON_DEPTH)) done(tooDeep());
    else
      void parseJson(
        request,
        request.routeOptions.config.hasForeignBody === true ? quoteLargeNumbers(text) : text,
        done,
      );
  });
  app.addContentTypeParser(UPLOAD_TYPES, (request, payload, done) => {
    if (request.routeOptions.config.isUpload === true) done(null, payload);
    else done(new DomainError('UNSUPPORTED_MEDIA_TYPE', 'This route takes application/json.'));
  });
}

const tooDeep = (): DomainError =>
  new DomainError('INVALID_INPUT', `The body is nested deeper than ${MAX_JSON_DEPTH} levels.`, { field: 'body' });

/** True when arrays and objects in the text are nested deeper than `limit`; brackets in strings do not count. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (isInString) {
      if (character === BACKSLASH) index++;
      else if (character === QUOTE) isInString = false;
    } else if (character === QUOTE) isInString = true;
    else if (character === OPEN_ARRAY || character === OPEN_OBJECT) depth++;
    else if (character === CLOSE_ARRAY || character === CLOSE_OBJECT) depth--;
    if (depth > limit) return true;
  }
  return false;
}

const QUOTE = 34;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * A change whose body is announced as anything but JSON is refused even when it is empty: that is what a form on
 * another page sends. So is a compressed one, which would be read as it comes.
 * @throws DomainError `UNSUPPORTED_MEDIA_TYPE`.
 */
export function checkContentType(request: FastifyRequest): void {
  const { 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not read; unpack it before you send it.');
  }
  if (type === undefined || request.routeOptions.config.isUpload === true) return;
  if (request.routeOptions.config.isPublicLink === true) return; // its posts are known by their token
  if (/^application\/json\s*(;|$)/i.test(type)) return;
  throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
}

/**
 * What a route has no word for is refused, as an unknown field is: whoever sends it means something by it, such as fewer
 * members than everybody.
 * @throws DomainError `INVALID_INPUT`.
 */
export function checkNothingUnasked(request: FastifyRequest): void {
  const { schema, config, url } = request.routeOptions;
  if (url?.startsWith('/v1/') !== true) return;
  if (schema?.querystring === undefined) refuseFields(request.query, 'query');
  if (schema?.body === undefined && config.isUpload !== true) refuseFields(request.body, 'body');
}

function refuseFields(given: unknown, field: 'query' | 'body'): void {
  if (given === undefined || (isObject(given) && Object.keys(given).length === 0)) return;
  const [first] = isObject(given) ? Object.keys(given) : [];
  const what = first === undefined ? 'Unrecognized value' : `Unrecognized key: "${first}"`;
  throw new DomainError('INVALID_INPUT', `${field}: ${what}; this route takes none.`, { field });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Ends connections whose JSON body does not arrive in time; an upload only has to keep moving (idle time-out). */
export function armBodyDeadline(request: FastifyRequest, reply: FastifyReply, timeoutMs: number): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody || request.routeOptions.config.isUpload === true) return;
  const timer = setTimeout(() => {
    if (request.raw.complete) return;
    const late = new DomainError('REQUEST_TIMEOUT', 'The body did not arrive in time; send the request again.');
    endWithProblem(request.raw.socket, late, request.id);
  }, timeoutMs);
  timer.unref();
  reply.raw.once('close', () => {
    clearTimeout(timer);
  });
}
