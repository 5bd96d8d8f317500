/** What every request passes before a route sees it, and what every answer carries. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import { DomainError } from '../core/errors.js';
import { SECRET_PREFIX } from '../access/api-key.js';

/** On every answer, errors and streams included. Pages load nothing from elsewhere and run no inline script. */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Private answers stay out of caches. */
export const NO_STORE = 'no-store';

/** @throws DomainError `HEADERS_TOO_LARGE` for more headers than anybody needs. */
export function checkHeaderCount({ raw }: FastifyRequest, maxHeaderCount: number): void {
  if (raw.rawHeaders.length <= maxHeaderCount * 2) return; // names and values
  throw new DomainError('HEADERS_TOO_LARGE', `A request has ${maxHeaderCount} headers at most.`);
}

/**
 * Refuses a request with no host or two, and its connection: a proxy in front may have looked at the other one.
 * @throws DomainError `INVALID_INPUT`.
 */
export function checkOneHost(request: FastifyRequest, reply: FastifyReply): void {
  const { rawHeaders } = request.raw; // names and values
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]?.toLowerCase() === 'host') hosts++;
  if (hosts === 1) return;
  void reply.header('connection', 'close');
  throw new DomainError('INVALID_INPUT', 'A request names its host, once.', { field: 'host' });
}

/**
 * Refuses a Host that is none of ours: a page elsewhere could point its own name at this machine (DNS rebinding).
 * IP addresses are allowed, because no such page can have one as its origin.
 * @throws DomainError `HOST_NOT_ALLOWED`.
 */
export function checkHost(request: FastifyRequest, allowedHosts: readonly string[]): void {
  const host = hostNameOf(request.headers.host ?? '');
  if (host !== undefined && (isIP(host) !== 0 || host === 'localhost' || allowedHosts.includes(host))) return;
  throw new DomainError(
    'HOST_NOT_ALLOWED',
    'The server does not answer under this name; add it to the allowed hosts in the configuration.',
  );
}

/** The name without port and brackets, in lower case; undefined when it is no host at all. */
function hostNameOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/?#@\s]+))(?::\d{1,5})?$/.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Refuses requests that another site makes through somebody's browser. Browsers say where a request comes from
 * (Sec-Fetch-Site, older ones Origin); what says neither is no browser, or too old a one to be trusted with a change.
 * @throws DomainError `CROSS_SITE_REQUEST`.
 */
export function checkSameSite(request: FastifyRequest): void {
  if (request.routeOptions.config.isPublicLink === true) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none' || isPageVisit(request)) return;
    refuseCrossSite();
  }
  const origin = request.headers.origin;
  if (origin !== undefined) {
    if (origin.toLowerCase() === `${request.protocol}://${request.headers.host ?? ''}`.toLowerCase()) return;
    refuseCrossSite();
  }
  if (!isChange(request) || request.headers.authorization !== undefined) return;
  const isJson = request.headers['content-type']?.toLowerCase().startsWith('application/json') === true;
  const isBrowser = /^mozilla\//i.test(request.headers['user-agent'] ?? '');
  if (isBrowser && !isJson) refuseCrossSite();
}

/** Following a link to a page changes nothing and shows the page to its visitor only. */
const isPageVisit = (request: FastifyRequest): boolean =>
  !isChange(request) &&
  request.headers['sec-fetch-mode'] === 'navigate' &&
  request.headers['sec-fetch-dest'] === 'document' &&
  !request.url.startsWith('/v1/');

const isChange = (request: FastifyRequest): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(request.method);

function refuseCrossSite(): never {
  throw new DomainError(
    'CROSS_SITE_REQUEST',
    'Requests from other sites are refused; call the API from its own page or from a program.',
  );
}

const SECRET_PARAMETERS = new Set([
  'key',
  'apikey',
  'api_key',
  'api-key',
  'access_token',
  'token',
  'secret',
  'password',
  'authorization',
]);

/**
 * Refuses secrets in the URL: they would end up in logs and histories.
 * @throws DomainError `KEY_IN_QUERY`.
 */
export function checkNoSecretInQuery(request: FastifyRequest): void {
  const queryAt = request.url.indexOf('?');
  if (queryAt < 0) return;
  for (const [name, value] of new URLSearchParams(request.url.slice(queryAt + 1))) {
    const isSecretName = SECRET_PARAMETERS.has(name.toLowerCase()) && request.routeOptions.config.isPublicLink !== true;
    if (isSecretName || value.includes(SECRET_PREFIX)) {
      throw new DomainError(
        'KEY_IN_QUERY',
        'Send the API key in the header "Authorization: Bearer", never in the URL; if it was a real key, revoke it now.',
      );
    }
  }
}
