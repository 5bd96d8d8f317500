import { z } from 'zod';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { TOPIC_NAME, type IncomingTopic } from '../../events/incoming/incoming-config.js';
import type { IncomingEvents, IncomingResult } from '../../events/incoming/incoming-events.js';
import { INCOMING_OUTCOMES, type IncomingTx } from '../../events/incoming/incoming-kinds.js';
import { mapMessage, misfitText, type Misfit } from '../../events/incoming/map-message.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import type { HttpApp } from '../http-app.js';
import { idempotencyHeaders, idempotentRequestOf, markAnswer } from '../idempotent-answer.js';

const MAX_MESSAGES = 1_000;

const message = z.record(z.string(), z.unknown()).describe('A message as the other system writes it');
const body = z
  .union([message, z.array(message).min(1).max(MAX_MESSAGES)], {
    error: `Send a message, which is a JSON object, or an array of 1 to ${MAX_MESSAGES} of them.`,
  })
  .describe(`One message, or up to ${MAX_MESSAGES}`);

const resultOutput = z
  .union([
    z.object({ outcome: z.enum(INCOMING_OUTCOMES) }),
    z.object({
      outcome: z.literal('misfit'),
      pointer: z.string().describe('Where in the message; empty for all of it'),
      found: z.string().describe('What kind of value stands there'),
      expected: z.string(),
    }),
  ])
  .meta({ id: 'IncomingResult' });

const resultsOutput = z.object({ results: z.array(resultOutput) });

/** Events in, from shops without a broker: the same messages, mapped in the same way, with the same effects. */
export function registerIncomingEventRoutes<Tx extends IncomingTx & IdempotencyTx>(
  app: HttpApp,
  deps: {
    readonly incoming: IncomingEvents<Tx>;
    readonly clock: Clock;
    readonly gate: IdempotencyGate;
  },
): void {
  const { incoming, clock, gate } = deps;
  app.post(
    '/v1/events/incoming/:topic',
    {
      config: { scope: 'write', hasForeignBody: true },
      schema: {
        tags: ['events'],
        summary: 'Tell what happened in the shop',
        description:
          'Messages are taken as they are: `events.incoming` of the configuration says where in them our fields stand; a ' +
          'kind of event is also taken under its own name, with fields of our names. Effects are durable when this is ' +
          'answered. Of several, those that do not fit hold up no other; one that does not fit is refused.',
        params: z.strictObject({ topic: z.string().regex(TOPIC_NAME) }),
        headers: idempotencyHeaders,
        body,
        response: { 200: resultsOutput },
      },
    },
    async (request, reply) => {
      const topic = incoming.topic(request.params.topic);
      const isSingle = !Array.isArray(request.body);
      const messages = [request.body].flat().map((content) => ({ content, sentAt: clock.now() }));
      const asked = idempotentRequestOf(request);
      if (asked === undefined) {
        const results = await incoming.takeTogether(topic, messages);
        if (isSingle && results[0]?.outcome === 'misfit') refuseMisfit(topic, results[0]);
        return { results: [...results] };
      }
      if (isSingle) checkFits(incoming, topic, request.body); // a refusal is not kept under the key
      const answer = await gate.run(asked, async (remember) => {
        const done = (results: readonly IncomingResult[]) => ({ status: 200, reference: JSON.stringify(results) });
        const results = await incoming.take(topic, messages, async (tx, taken) => {
          await remember(tx, done(taken));
        });
        return done(results);
      });
      markAnswer(reply, answer);
      return resultsOutput.parse({ results: JSON.parse(answer.reference) as unknown });
    },
  );
}

function checkFits<Tx extends IncomingTx>(incoming: IncomingEvents<Tx>, topic: IncomingTopic, content: unknown): void {
  const mapped = mapMessage(topic, content);
  if (mapped.kind === 'event') return;
  incoming.count(topic.topic, 'misfit', 1);
  refuseMisfit(topic, mapped.misfit);
}

/** A sender of one message looks at the status alone: what had no effect must not look done. */
function refuseMisfit({ topic }: IncomingTopic, { pointer, found, expected }: Misfit): never {
  const misfit = { pointer, found, expected };
  const message = `${misfitText(misfit)} Send what the topic's mapping says, or change events.incoming.`;
  throw new DomainError('EVENT_MISFIT', message, { topic, ...misfit });
}
