import { createClient } from '@redis/client';

const CONNECT_MS = 3_000;

/** The lines of INFO by name, asked over a connection of its own. @throws what the driver throws. */
export async function readServerSettings(url: string): Promise<Readonly<Record<string, string>>> {
  const client = createClient({
    url,
    maintNotifications: 'disabled',
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
  });
  client.on('error', () => undefined); // thrown by the call as well
  try {
    await client.connect();
    return linesOf(await client.info());
  } finally {
    client.destroy();
  }
}

const linesOf = (info: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    info.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
