import type { FastifyRequest } from 'fastify';
import { LOCAL_PRINCIPAL, type Authenticator, type Principal } from '../access/authenticator.js';
import { DomainError } from '../core/errors.js';

/**
 * Who asks. Where keys are off, nobody needs one; a key that is shown anyway must be good, and limits the request to
 * its scopes.
 * @throws DomainError `UNAUTHORIZED`; `FORBIDDEN` when the route needs a scope that the key does not have; what the
 *   store throws when it cannot be asked (never "let through").
 */
export async function authorise(
  request: FastifyRequest,
  options: { readonly authenticator: Authenticator; readonly areKeysRequired: boolean },
): Promise<Principal> {
  const scope = request.routeOptions.config.scope;
  if (scope === undefined || scope === 'public' || scope === 'member') return LOCAL_PRINCIPAL; // no such route: 404; members have tokens
  const principal = await identify(request, options);
  if (principal.scopes.includes(scope)) return principal;
  throw new DomainError(
    'FORBIDDEN',
    `This needs a key with the scope "${scope}"; yours has ${principal.scopes.join(', ')}.`,
    {
      scope,
    },
  );
}

async function identify(
  request: FastifyRequest,
  options: { readonly authenticator: Authenticator; readonly areKeysRequired: boolean },
): Promise<Principal> {
  const header = request.headers.authorization;
  if (header === undefined) {
    if (!options.areKeysRequired) return LOCAL_PRINCIPAL;
    throw new DomainError('UNAUTHORIZED', 'Send an API key: "Authorization: Bearer ffk_...".');
  }
  const secret = /^bearer +(\S+)$/i.exec(header)?.[1];
  const principal = secret === undefined ? undefined : await options.authenticator.authenticate(secret);
  if (principal !== undefined) return principal;
  throw new DomainError('UNAUTHORIZED', 'The API key is unknown, expired or revoked; create a new one.');
}
