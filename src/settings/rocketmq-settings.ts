import * as z from 'zod';

const MIB = 1024 * 1024;

const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'not an address as host:port');
/** What a broker takes as the name of a topic or group. */
const wireName = z
  .string()
  .regex(/^[%|A-Za-z0-9_-]{1,120}$/, 'not a name of RocketMQ: 1 to 120 letters, digits, "_", "-", "|", "%"');
const renamed = z.record(z.string().min(1), wireName).default({});

/** The settings of `cluster.rocketmq`. */
export const rocketmqSchema = z.strictObject({
  /** Proxies, as host:port of their gRPC port; when one fails the next is tried. */
  endpoints: z.tuple([address], address),
  /** Name servers, as host:port: for setting up, looking at backlogs and reading dead letters. */
  nameServers: z.array(address).default([]),
  /** Stands before every name of a topic or group that `names` does not give; `FANFARE_`, nothing with `isClassic`. */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,40}$/, 'up to 40 letters, digits, "_" and "-"')
    .optional(),
  /** Names by our name, in full: `{"topics": {"user.loggedIn": "LOGIN_TOPIC"}}`. */
  names: z.strictObject({ topics: renamed, groups: renamed }).prefault({}),
  /** Use the names of the classic design for what has one. */
  isClassic: z.boolean().default(false),
  /** Messages in one request. */
  maxBatchMessages: z.int().min(1).max(1_000).default(100),
  /** Bytes in one request, all that is stored with a message counted; one larger message goes alone. */
  maxBatchBytes: z
    .int()
    .min(1_000)
    .max(4 * MIB)
    .default(800_000),
  /** The longest delay that the broker's settings allow (timerMaxDelaySec, and the proxy's maxDelayTimeMills). */
  maxDelayMs: z.int().min(0).max(31_536_000_000).default(86_400_000),
  /** For one call to one proxy. */
  requestTimeoutMs: z.int().min(100).max(60_000).default(3_000),
  /** How long a send goes on trying before its caller is told that the broker is away. */
  sendTimeoutMs: z.int().min(100).max(600_000).default(15_000),
});
export type RocketmqSettings = z.output<typeof rocketmqSchema>;
