import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Principal } from '../access/authenticator.js';
import type { MemberId } from '../core/ids.js';
import type { Scope } from '../access/scope.js';

/** The server as routes see it: what a route's zod schemas say is what its handler gets. */
export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; a route without it stops the start. `public` needs no key, `member` a member's token. */
    scope?: Scope | 'public' | 'member';
    /** The body is a stream of another type than JSON; it has no size limit and must only keep moving. */
    isUpload?: boolean;
    /** The body is another system's: whole numbers that JavaScript would round are read as text. */
    hasForeignBody?: boolean;
    /** A link in mails: reached from other sites, with its token in the URL, and by the posts of forms and mail providers. */
    isPublicLink?: boolean;
    /** Content type of an answer that is no JSON, for the API document. */
    answerType?: 'text/csv' | 'text/event-stream' | 'text/html';
    /** Holds nothing private: may be kept by caches. */
    isCacheable?: boolean;
  }
  interface FastifyRequest {
    /** Who asks. `LOCAL_PRINCIPAL` on public routes and where no key is needed. */
    principal: Principal;
    /** Who asks a route of scope `member`, from the token; undefined on all others. */
    member: MemberId | undefined;
  }
}
