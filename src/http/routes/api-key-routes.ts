import { z } from 'zod';
import type { AccessTx, ApiKey } from '../../access/api-key-repository.js';
import { createApiKey, revokeApiKey } from '../../access/api-key.js';
import { SCOPES } from '../../access/scope.js';
import { assert } from '../../core/assert.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import type { Store } from '../../core/ports/store.js';
import { formatInstant, type EpochMs } from '../../core/time.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { actorOf } from '../actor.js';
import type { HttpApp } from '../http-app.js';
import { idempotentRequestOf, markAnswer, recordedPostHeaders } from '../idempotent-answer.js';
import { instantInput, instantOutput } from '../schemas.js';

const createBody = z.strictObject({
  name: z.string().max(200).describe('What the key is for'),
  scopes: z.array(z.enum(SCOPES)).max(10),
  expiresAt: instantInput.optional(),
});

const keyOutput = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: instantOutput,
    createdBy: z.string(),
    expiresAt: instantOutput.nullable(),
    lastUsedAt: instantOutput.nullable().describe('To the minute'),
    revokedAt: instantOutput.nullable(),
  })
  .meta({ id: 'ApiKey' });

const createdOutput = keyOutput
  .extend({
    secret: z
      .string()
      .nullable()
      .describe('The key itself: shown now and never again; null when the request is repeated'),
  })
  .meta({ id: 'CreatedApiKey' });

const byId = z.strictObject({ id: z.string().max(64) });

/** Keys of programs. */
export function registerApiKeyRoutes(
  app: HttpApp,
  deps: {
    readonly store: Store<AccessTx & IdempotencyTx>;
    readonly clock: Clock;
    readonly random: Random;
    readonly gate: IdempotencyGate;
  },
): void {
  const { store, clock, random, gate } = deps;

  app.post(
    '/v1/api-keys',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['access'],
        summary: 'Create an API key',
        headers: recordedPostHeaders,
        body: createBody,
        response: { 201: createdOutput },
      },
    },
    async (request, reply) => {
      const shown: { secret: string | null } = { secret: null }; // a repeated request cannot show it again
      const command = { ...request.body, expiresAt: request.body.expiresAt, createdBy: actorOf(request) };
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const created = await createApiKey(tx, { now: clock.now(), random }, command);
          shown.secret = created.secret;
          const done = { status: 201, reference: `api-key/${created.key.id}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      const key = await store.read((tx) => tx.apiKeys.find(answer.reference.slice('api-key/'.length)));
      assert(key !== undefined, 'a created key can be found');
      return { ...renderKey(key), ...shown };
    },
  );

  app.get(
    '/v1/api-keys',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['access'],
        summary: 'List API keys, without their secrets',
        response: { 200: z.object({ items: z.array(keyOutput) }) },
      },
    },
    async () => ({ items: (await store.read((tx) => tx.apiKeys.list())).map(renderKey) }),
  );

  app.delete(
    '/v1/api-keys/:id',
    {
      config: { scope: 'admin' },
      schema: { tags: ['access'], summary: 'Revoke an API key', params: byId, response: { 200: keyOutput } },
    },
    async ({ params }) => renderKey(await store.transaction((tx) => revokeApiKey(tx, clock.now(), params.id))),
  );
}

function renderKey(key: ApiKey): z.output<typeof keyOutput> {
  const instant = (at: EpochMs | undefined): string | null => (at === undefined ? null : formatInstant(at));
  return {
    id: key.id,
    name: key.name,
    scopes: [...key.scopes],
    createdAt: formatInstant(key.createdAt),
    createdBy: key.createdBy,
    expiresAt: instant(key.expiresAt),
    lastUsedAt: instant(key.lastUsedAt),
    revokedAt: instant(key.revokedAt),
  };
}
