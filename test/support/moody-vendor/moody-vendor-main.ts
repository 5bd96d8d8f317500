/**
 * A vendor with moods, as a process: JSON over HTTP and mail over SMTP on two ports, commands on a third, and a log of
 * its own. Arguments: the log's file. It ends with its standard input.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { HttpSide } from './http-side.js';
import { Moods } from './moods.js';
import { SmtpSide } from './smtp-side.js';
import { VendorLog } from './vendor-log.js';
import { commandSchema, type obeyedSchema, type readySchema } from './vendor-script.js';
import type { z } from 'zod';

const [logFile = ''] = process.argv.slice(2);
const log = new VendorLog(logFile);
const moods = new Moods();
const http = new HttpSide(moods, log);
const mail = new SmtpSide(moods, log);
const servers = [http.server, mail.smtp.server];

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port); // a listening TCP server has one
    });
  });

const ports = await Promise.all(servers.map((server) => listen(server, 0)));

async function goDown(): Promise<void> {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  for (const socket of [...http.sockets, ...mail.sockets]) socket.resetAndDestroy();
  await Promise.all(closed);
}

async function obey(text: string): Promise<void> {
  const command = commandSchema.parse(JSON.parse(text));
  switch (command.kind) {
    case 'script':
      moods.set(command.path, command);
      return;
    case 'hold':
      http.hold();
      return;
    case 'release':
      http.release();
      return;
    case 'down':
      await goDown();
      return;
    case 'up':
      await Promise.all(servers.map((server, index) => listen(server, ports[index] ?? 0)));
      return;
    case 'flush':
      log.flush();
  }
}

const control = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => (text += part));
  request.on('end', () => {
    obey(text).then(
      () => response.end(JSON.stringify({ heldRequests: http.heldRequests } satisfies z.output<typeof obeyedSchema>)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});
const controlPort = await listen(control, 0);
process.stdin.resume().once('close', () => {
  log.close();
  process.exit();
});
const ready: z.output<typeof readySchema> = { httpPort: ports[0] ?? 0, smtpPort: ports[1] ?? 0, controlPort };
console.log(JSON.stringify(ready));
