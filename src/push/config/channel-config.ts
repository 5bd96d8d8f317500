import * as z from 'zod';
import { isCurrency } from '../../core/money.js';
import { MAX_AMBIGUOUS_TRIES, MAX_DEFINITE_TRIES } from '../../ledger/cell-code.js';
import { httpProviderSchema } from './http-provider-config.js';
import { simulatedProviderSchema } from './simulated-provider-config.js';
import { smtpProviderSchema } from './smtp-provider-config.js';

/** The own inbox: its send is the ledger's transaction, so there is nothing to set. */
const inboxProviderSchema = z.strictObject({ kind: z.literal('inbox') });

/** How a channel behaves, whoever is behind it. */
const channelShape = {
  /** What a crash or an ambiguous answer may do: see `docs/PROVIDERS.md`. Keyed needs a provider that keeps keys. */
  mode: z.enum(['keyed', 'atLeastOnce', 'atMostOnce']).optional(),
  /**
   * Members marked in flight whose outcome is not durable yet, per process; what a crash may double or leave unknown.
   * 1,000 by default, 32,000 where keyed; never less than one request.
   */
  windowMembers: z.int().min(1).max(1_000_000).optional(),
  pace: z
    .strictObject({
      membersPerSecond: z.number().min(0.1).max(10_000_000).optional(),
      requestsPerSecond: z.number().min(0.1).max(1_000_000).optional(),
    })
    .prefault({}),
  /** What a message to one member costs; parts of a minor unit count to the thousandth. */
  price: z
    .strictObject({
      perMemberMinor: z.number().min(0).max(1_000_000).multipleOf(0.001, 'has parts smaller than a thousandth'),
      currency: z.string().refine(isCurrency, 'not an ISO 4217 code, as CNY'),
    })
    .optional(),
  /** Tries after ambiguous answers, in the mode atLeastOnce. */
  maxAmbiguousTries: z.int().min(0).max(MAX_AMBIGUOUS_TRIES).default(1),
  /** Definite failures before a member is failed (exhausted). */
  maxDefiniteTries: z.int().min(1).max(MAX_DEFINITE_TRIES).default(5),
  retry: z
    .strictObject({
      /** Wait after the first failure; doubled after each further one; half to all of it is waited, by chance. */
      firstDelayMs: z.int().min(100).max(3_600_000).default(5_000),
      maxDelayMs: z.int().min(100).max(86_400_000).default(900_000),
    })
    .prefault({}),
};

const providers = z.discriminatedUnion('kind', [httpProviderSchema, smtpProviderSchema, simulatedProviderSchema]);
export type VendorConfig = z.output<typeof providers>;

const vendorChannel = z.strictObject({ ...channelShape, provider: providers });
const inboxChannel = z.strictObject({
  provider: inboxProviderSchema.prefault({ kind: 'inbox' }),
  pace: channelShape.pace,
});

export type VendorChannelConfig = z.output<typeof vendorChannel>;
export type InboxChannelConfig = z.output<typeof inboxChannel>;

/** The channels of a shop. The inbox is always there; a channel that is absent can't be used. */
export const channelsSchema = z.strictObject({
  inbox: inboxChannel.prefault({}),
  sms: vendorChannel.optional(),
  email: vendorChannel.optional(),
  app: vendorChannel.optional(),
});
export type ChannelsConfig = z.output<typeof channelsSchema>;
