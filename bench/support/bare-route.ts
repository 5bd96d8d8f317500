#!/usr/bin/env node
/**
 * A bare Fastify route as a process of its own: it parses the body that a route of ours takes, by the same schema, and
 * answers as much. Nothing else: no key, no store, no log. Prints its address; ends with its input.
 *
 * bare-route.js claim|login
 */
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { claimBody, claimsOutput } from '../../src/http/coupon-schemas.js';

const [kind] = process.argv.slice(2);
const app = fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);

if (kind === 'claim') {
  const params = z.strictObject({ id: z.coerce.number().int() });
  const schema = { params, body: claimBody, response: { 200: claimsOutput } };
  app.post('/v1/coupons/:id/claims', { schema }, ({ body, params: { id } }) => ({
    items: body.memberIds.map((memberId) => ({ memberId, outcome: 'granted' as const, grant: grantOf(id, memberId) })),
  }));
} else {
  const params = z.strictObject({ topic: z.string() });
  const body = z.strictObject({ memberId: z.string(), at: z.iso.datetime({ offset: true }) });
  const response = { 200: z.object({ results: z.array(z.object({ outcome: z.string() })) }) };
  app.post('/v1/events/incoming/:topic', { schema: { params, body, response } }, () => ({
    results: [{ outcome: 'applied' }],
  }));
}

console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
process.stdin.resume().once('close', () => void app.close());

function grantOf(couponId: number, memberId: string) {
  const at = '2026-01-02T03:04:05.678Z';
  return { id: `${couponId}-${memberId}-1`, couponId, grantedAt: at, validFrom: at, validUntil: at };
}
