/**
 * What a request to `/v1/me/…` passes: it comes from a page of the list or from no page at all, carries a token that the
 * shop signed, and its member has not asked too often. Off, every such route says so.
 *
 * CORS here needs no credentials mode: the token is a header, which a page has to set itself, and cookies are never read.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MemberRate } from '../access/member-rate.js';
import { refused, type MemberTokens } from '../access/member-tokens.js';
import type { Principal } from '../access/authenticator.js';
import { DomainError } from '../core/errors.js';
import type { MemberId } from '../core/ids.js';

/** As requests of members are logged and counted: nobody is named. */
export const MEMBER_PRINCIPAL: Principal = { id: 'member', name: 'member', scopes: [] };

export interface MemberGate {
  readonly tokens: Pick<MemberTokens, 'memberOf'>;
  readonly rate: Pick<MemberRate, 'take'>;
  readonly allowedOrigins: readonly string[];
}

export const isMemberPath = ({ url }: Pick<FastifyRequest, 'url'>): boolean => url.startsWith('/v1/me/');

const ALLOWED_METHODS = 'GET, POST, PUT';
const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key';
const EXPOSED_HEADERS = 'retry-after, x-request-id';
const PREFLIGHT_GOOD_FOR_SECONDS = 600;

/** True for a request of a page of the list; its answer, whatever it is, says that this page may read it. */
export function admitOrigin(request: FastifyRequest, reply: FastifyReply, gate: MemberGate | undefined): boolean {
  void reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || gate?.allowedOrigins.includes(origin) !== true) return false;
  void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', EXPOSED_HEADERS);
  return true;
}

export const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** The answer to a browser that asks before it sends. */
export const answerPreflight = (reply: FastifyReply): FastifyReply =>
  reply
    .code(204)
    .header('access-control-allow-methods', ALLOWED_METHODS)
    .header('access-control-allow-headers', ALLOWED_HEADERS)
    .header('access-control-max-age', PREFLIGHT_GOOD_FOR_SECONDS)
    .send();

/**
 * The member who asks, from the token alone.
 * @throws DomainError `MEMBER_API_OFF`, `MEMBER_TOKEN_REFUSED`, `TOKEN_KEYS_UNAVAILABLE`, `TOO_MANY_REQUESTS`.
 */
export async function admitMember(request: FastifyRequest, gate: MemberGate | undefined): Promise<MemberId> {
  if (gate === undefined) {
    throw new DomainError(
      'MEMBER_API_OFF',
      "This server takes no members' tokens; set memberApi in its configuration, or ask through the shop's server.",
    );
  }
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw refused('missing');
  const member = await gate.tokens.memberOf(token);
  gate.rate.take(member);
  return member;
}
