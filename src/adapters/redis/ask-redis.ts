import { createClient } from '@redis/client';

const CONNECT_MS = 2_000;

/** Why a Redis does not answer, in the words of driver or server; undefined when it does. */
export async function whyRedisIsAway(url: string): Promise<string | undefined> {
  const client = createClient({ url, socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false } });
  client.on('error', () => undefined); // told by the rejection
  try {
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return wordsOf(error);
  } finally {
    if (client.isOpen) client.destroy();
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return wordsOf(error.errors[0]);
  return error.message;
}
