import { Redis } from 'ioredis';

/** Where benches look for a server of others' queues. */
export const REDIS = { host: '127.0.0.1', port: 6_379 } as const;

/** A connection, or undefined where no server answers. */
export async function connectRedis(): Promise<Redis | undefined> {
  const redis = new Redis({ ...REDIS, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined); // told by `connect`
  try {
    await redis.connect();
    return redis;
  } catch {
    redis.disconnect();
    return undefined;
  }
}
