import * as z from 'zod';
import { secretRefSchema } from '../../settings/secret.js';

const oneLine = z
  .string()
  .min(1)
  .max(320)

  .regex(/^[^\u0000-\u001f\u007f]*$/, 'holds a control character');

/** A bare address, as `offers@shop.example`. */
const address = oneLine.regex(/^[^\s<>@,;:"]+@[^\s<>@,;:"]+$/, 'not an e-mail address');

/** Mail by SMTP (RFC 5321), one transaction per member, over a pool of connections. */
export const smtpProviderSchema = z.strictObject({
  kind: z.literal('smtp'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(587),
  /**
   * `implicit`: TLS from the first byte (port 465). `required`: STARTTLS, and nothing is sent without it.
   * `opportunistic`: STARTTLS where the server offers it. `none`: in clear, for a server on the same machine.
   */
  tls: z.enum(['implicit', 'required', 'opportunistic', 'none']).default('required'),
  /** Certificates (PEM) to trust instead of the system's. */
  ca: z.strictObject({ file: z.string().min(1) }).optional(),
  auth: z.strictObject({ user: oneLine, password: secretRefSchema }).optional(),
  /** Name and address that mails come from. */
  from: z.strictObject({ name: oneLine.optional(), address }),
  replyTo: address.optional(),
  /** Domain of Message-ID; the sender's by default. */
  messageIdDomain: oneLine.optional(),
  /** https address of our own unsubscribe page, to which the token is added; without it no List-Unsubscribe is sent. */
  unsubscribeUrl: z.url({ protocol: /^https?$/ }).optional(),
  connections: z.int().min(1).max(100).default(5),
  /** Mails over one connection before it is renewed. */
  maxMailsPerConnection: z.int().min(1).max(100_000).default(1_000),
  /** Members one chunk holds; a chunk shares the connections with others. */
  chunkMembers: z.int().min(1).max(1_000).default(50),
  connectTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  greetingTimeoutMs: z.int().min(100).max(300_000).default(15_000),
  /** Longest silence in the middle of a transaction; after the final dot RFC 5321 advises ten minutes. */
  socketTimeoutMs: z.int().min(100).max(600_000).default(60_000),
  /** Answer after the final dot. */
  finalAnswerTimeoutMs: z.int().min(100).max(900_000).default(600_000),
});

export type SmtpProviderConfig = z.output<typeof smtpProviderSchema>;
