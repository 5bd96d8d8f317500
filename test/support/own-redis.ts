import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A Redis of a test's own, which it may empty, kill and start again. Keeps nothing on disk. */
export class OwnRedis {
  private constructor(
    readonly port: number,
    private child: ChildProcess,
  ) {}

  static async start(): Promise<OwnRedis> {
    const port = await freePort();
    return new OwnRedis(port, await spawnServer(port));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Empties it, scripts and all. */
  async flush(): Promise<void> {
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    socket.end('FLUSHALL\r\nSCRIPT FLUSH\r\n');
    let answer = '';
    for await (const part of socket) answer += String(part);
    if (answer !== '+OK\r\n+OK\r\n') throw new Error(`Redis answered ${answer}`);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  async startAgain(): Promise<void> {
    this.child = await spawnServer(this.port);
  }
}

async function spawnServer(port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`redis-server ended before it was ready on port ${port}`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
