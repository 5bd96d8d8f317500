import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Language } from '../../core/language.js';
import type { MembershipDeps } from '../../membership/members-tx.js';
import { unsubscribe } from '../../membership/unsubscribe.js';
import type { UnsubscribeTokens } from '../../push/unsubscribe-token.js';
import type { HttpApp } from '../http-app.js';
import { languageOf, languageQuery } from '../language.js';
import { unsubscribePage, type UnsubscribeStep } from '../unsubscribe-page.js';

const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];
const MAX_FORM_BYTES = 4_096;

const linkQuery = z.object({ token: z.string().max(200).default(''), lang: languageQuery });

/**
 * The link in mails (RFC 8058): opening it changes nothing, a post to it, by the page's button or by a mail provider,
 * unsubscribes without login or redirect. Every token that is not ours gets the same answer.
 */
export function registerUnsubscribeRoutes(
  app: HttpApp,
  deps: MembershipDeps & { readonly tokens: Pick<UnsubscribeTokens, 'read'> },
): void {
  void app.register((scope, _, done) => {
    // The body says nothing that the token does not: it is read and forgotten.
    scope.addContentTypeParser(
      FORM_TYPES,
      { parseAs: 'buffer', bodyLimit: MAX_FORM_BYTES },
      (_request, _body, parsed) => {
        parsed(null, undefined);
      },
    );
    registerLink(scope, deps);
    done();
  });
}

function registerLink(app: HttpApp, deps: MembershipDeps & { readonly tokens: Pick<UnsubscribeTokens, 'read'> }): void {
  const config = { scope: 'public', isPublicLink: true, answerType: 'text/html' } as const;
  const answer = (reply: FastifyReply, step: UnsubscribeStep, language: Language): FastifyReply =>
    reply
      .code(step === 'invalid' ? 404 : 200)
      .type('text/html; charset=utf-8')
      .send(unsubscribePage(step, language));

  app.get(
    '/unsubscribe',
    {
      config,
      schema: {
        tags: ['members'],
        summary: 'The page behind the unsubscribe link; changes nothing',
        querystring: linkQuery,
      },
    },
    (request, reply) => {
      const step = deps.tokens.read(request.query.token) === undefined ? 'invalid' : 'ask';
      return answer(reply, step, languageOf(request, request.query.lang));
    },
  );

  app.post(
    '/unsubscribe',
    {
      config,
      schema: { tags: ['members'], summary: 'Unsubscribe with one click (RFC 8058)', querystring: linkQuery },
    },
    async (request, reply) => {
      const language = languageOf(request, request.query.lang);
      const target = deps.tokens.read(request.query.token);
      if (target === undefined) return answer(reply, 'invalid', language);
      await unsubscribe(deps, target);
      return answer(reply, 'done', language);
    },
  );
}
