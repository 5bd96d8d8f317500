import { createServer } from 'node:net';

/**
 * Ports of 127.0.0.1 that nobody listens on now: `count` single ones, and one with its two lower and one upper
 * neighbours, since a broker takes port - 2 and port + 1 as well.
 */
export async function findFreePorts(count) {
  const single = [];
  while (single.length < count) single.push(await listenOnce(0));
  for (let tries = 0; tries < 100; tries++) {
    const port = await listenOnce(0);
    const neighbours = [port - 2, port - 1, port + 1];
    if (neighbours.some((neighbour) => single.includes(neighbour)) || port + 1 > 65_535) continue;
    const areFree = await Promise.all(neighbours.map((neighbour) => listenOnce(neighbour).then(Boolean, () => false)));
    if (areFree.every(Boolean)) return { single, broker: port };
  }
  throw new Error('found no four free ports in a row');
}

function listenOnce(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: given } = server.address();
      server.close(() => resolve(given));
    });
  });
}
