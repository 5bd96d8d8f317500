import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asyncApiDocument } from '../events/async-api.js';
import type { HttpApp } from './http-app.js';
import { finishDocument, OPTIONAL_BODY } from './open-api-document.js';

const DESCRIPTION = `Tell every member about a promotion, and prove who got what.

Amounts are minor units (cents, fen) as strings of digits; instants are RFC 3339 with an offset; lists are pages with an
opaque cursor. Errors are problem documents (RFC 9457) with a stable \`code\`. A POST takes an \`Idempotency-Key\`: sent
again within 24 hours it has no second effect and gets the first answer, marked by the header \`Idempotent-Replayed\`.

Events, out and in, are described by an AsyncAPI document at \`/v1/asyncapi.json\`.`;

const transformSchema = createJsonSchemaTransform({});
const transformObject = createJsonSchemaTransformObject({});
type RouteOfDocument = Parameters<typeof transformSchema>[0];

/** Collects routes into an OpenAPI 3.1 document: to be registered before the routes. */
export async function registerOpenApi(app: HttpApp, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fanfare',
        description: DESCRIPTION,
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'ffk_...' },
          memberToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Signed by the shop' },
        },
      },
      tags: TAGS.map(([name, description]) => ({ name, description })),
    },
    transform: (document) => {
      const transformed = transformSchema(document);
      const scope = document.route.config?.scope;
      const schema = transformed.schema as typeof transformed.schema | undefined; // a route may have none
      if (schema === undefined || schema.hide === true || scope === undefined)
        return { ...transformed, schema: { hide: true } };
      return {
        ...transformed,
        schema: {
          ...transformed.schema,
          ...describeScope(scope),
          ...describeBody(document),
          response: withProblems(transformed.schema.response ?? answerOf(document)),
        },
      };
    },
    transformObject: (document) => finishDocument({ ...transformObject(document) }),
  });
}

const TAGS = [
  ['members', 'Who can be told, and how'],
  ['promotions', 'The offers'],
  ['coupons', 'What members hold, claim and redeem'],
  ['me', "What members' own apps and pages ask, each for its member"],
  ['campaigns', 'One message to one audience'],
  ['ledger', 'What happened to each member'],
  ['inbox', 'Messages members read in the app'],
  ['events', 'What other systems hook on to'],
  ['access', 'Keys of programs'],
  ['operations', 'Health and metrics'],
] as const;

/** The scope a route needs, where readers and tests find it. */
function describeScope(scope: string): Record<string, unknown> {
  if (scope === 'member') return { security: [{ memberToken: [] }], 'x-scope': scope };
  return scope === 'public' ? { security: [], 'x-scope': scope } : { security: [{ apiKey: [] }, {}], 'x-scope': scope };
}

/** An upload is bytes of the types it is sent in; a body that may be left out says so. */
function describeBody({ schema, route }: RouteOfDocument): Record<string, unknown> {
  if (route.config?.isUpload === true) return { body: { type: 'string', format: 'binary' } };
  const body: unknown = schema.body;
  const isOptional = body instanceof z.ZodType && body.safeParse(undefined).success;
  return isOptional ? { [OPTIONAL_BODY]: true } : {};
}

/** Of an answer that is no JSON document and so has no schema: its type. */
function answerOf({ route }: RouteOfDocument): Record<string, unknown> {
  const type = route.config?.answerType;
  return type === undefined ? {} : { 200: { content: { [type]: { schema: { type: 'string' } } } } };
}

const withProblems = (responses: unknown): Record<string, unknown> => ({
  ...(typeof responses === 'object' ? responses : {}),
  default: {
    description: 'A problem: wrong input, a refusal, or a fault of ours',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  },
});

/** The document of events beside that of routes. */
export function registerAsyncApi(app: HttpApp, version: string): void {
  const document = asyncApiDocument(version);
  app.get(
    '/v1/asyncapi.json',
    { config: { scope: 'public', isCacheable: true }, schema: { hide: true } },
    () => document,
  );
}

/** The reference page at `/`, served from this package's own files, and the document itself as JSON where tools look for it. */
export async function registerReferencePage(app: HttpApp): Promise<void> {
  for (const place of ['/v1/openapi.json', '/openapi.json']) {
    app.get(place, { config: { scope: 'public', isCacheable: true }, schema: { hide: true } }, () => app.swagger());
  }
  await app.register(async (page) => {
    page.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope: 'public', isCacheable: true };
    });
    await page.register(fastifySwaggerUi, {
      routePrefix: '/',
      uiConfig: {
        layout: 'BaseLayout',
        deepLinking: true,
        docExpansion: 'list',
        validatorUrl: null,
        tryItOutEnabled: true,
      },
      theme: { title: 'Fanfare API' },
    });
  });
}
