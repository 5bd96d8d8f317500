import * as z from 'zod';
import { DAY_MS } from '../../core/time.js';

const share = z.number().min(0).max(1).default(0);

/**
 * A vendor inside the process, for practice, benches and tests. What it answers to a member depends on seed, ordinal
 * and round alone, so that a run can be repeated.
 */
export const simulatedProviderSchema = z
  .strictObject({
    kind: z.literal('simulated'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
    /** Members a request takes, 1 to 1,000. */
    maxMembers: z.int().min(1).max(1_000).default(1_000),
    maxConcurrentRequests: z.int().min(1).max(1_000).default(16),
    latencyMs: z.int().min(0).max(60_000).default(0),
    /** Added to the latency, evenly from 0 to this. */
    jitterMs: z.int().min(0).max(60_000).default(0),
    /** Remembers references for this long; without it the vendor is not keyed. */
    keyLifeMs: z
      .int()
      .min(60_000)
      .max(90 * DAY_MS)
      .optional(),
    /** Renders each message into a batch body, as a real vendor's adapter would, and throws it away. */
    rendersMessage: z.boolean().default(false),
    /** Share of members (0 to 1) that get each answer; the rest is accepted. */
    answers: z
      .strictObject({
        throttled: share,
        transient: share,
        addressRefused: share,
        messageRefused: share,
        accountRefused: share,
        ambiguous: share,
      })
      .prefault({}),
    /** Said with every throttled answer. */
    retryAfterMs: z.int().min(0).max(3_600_000).default(1_000),
  })
  .superRefine((config, context) => {
    const sum = Object.values(config.answers).reduce((total, value) => total + value, 0);
    if (sum > 1 + 1e-9) context.addIssue({ code: 'custom', path: ['answers'], message: `add up to ${sum}, over 1` });
  });

export type SimulatedProviderConfig = z.output<typeof simulatedProviderSchema>;
