#!/usr/bin/env node
/** A stand-in of a mailbox provider: a real SMTP server, and its counts by HTTP on a port beside it. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { closeServer } from './http-stand-in.js';
import { runStandIn } from './run-stand-in.js';
import { VendorBook } from './vendor-book.js';
import { VendorMood, type RequestFate } from './vendor-options.js';

/** The first mail that came, to look at: beside the log. */
const FIRST_MAIL_FILE = 'first-mail.eml';
/** Enough of a mail to find its headers. */
const HEADER_BYTES = 16_384;

runStandIn('mail-server', async (options) => {
  const book = new VendorBook({ vendor: 'mail-server', logFile: options.logFile, isKeyed: false });
  const mood = new VendorMood(options);
  const smtp = createSmtpServer(book, mood, join(dirname(options.logFile), FIRST_MAIL_FILE));
  const stats = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(book.stats()));
  });
  await new Promise<void>((resolve, reject) => {
    smtp.once('error', reject);
    smtp.listen(options.port, '127.0.0.1', resolve);
  });
  smtp.on('error', () => undefined); // a connection that broke off; the server goes on
  await new Promise<void>((resolve) => stats.listen(0, '127.0.0.1', resolve));
  return {
    ports: { port: portOf(smtp.server.address()), statsPort: portOf(stats.address()) },
    close: async () => {
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
      await closeServer(stats);
      book.close();
    },
  };
});

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

function createSmtpServer(book: VendorBook, mood: VendorMood, firstMailFile: string): SMTPServer {
  let keepMail = (head: string): void => {
    writeFileSync(firstMailFile, head, { mode: 0o600 });
    keepMail = () => undefined;
  };
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 1_000,
    logger: false,
    onRcptTo: ({ address }, _session, done) => {
      const isRefused = mood.refuses(address);
      if (isRefused) book.refused++;
      done(isRefused ? refusal(550, '5.1.1 No such user') : null);
    },
    onData: (stream, session, done) => {
      book.requests++;
      readHead(stream, (head) => {
        keepMail(head);
        const fate = mood.nextFate();
        const finish = (): void => finishMail(book, fate, { head, session, done });
        const latencyMs = mood.nextLatencyMs();
        if (latencyMs > 0) setTimeout(finish, latencyMs);
        else finish();
      });
    },
  });
}

interface IncomingMail {
  readonly head: string;
  readonly session: SMTPServerSession;
  readonly done: (error?: Error) => void;
}

function finishMail(book: VendorBook, fate: RequestFate, { head, session, done }: IncomingMail): void {
  if (fate === 'throttled') {
    book.throttled++;
    done(refusal(421, '4.7.0 Too fast'));
    return;
  }
  if (fate === 'failed') {
    book.failed++;
    done(refusal(451, '4.3.0 Try again later'));
    return;
  }
  const [, key = '', sender] = /^Message-ID:\s*<([^@>\s]+)@?([^>\s]+)?/im.exec(head) ?? [];
  for (const { address } of session.envelope.rcptTo) book.deliver({ key, recipient: address, text: key, sender });
  if (fate === 'lost') {
    book.lost++;
    return; // the answer never comes: it hangs after the dot
  }
  done();
}

/** Takes a mail whole and answers with its beginning. */
function readHead(stream: SMTPServerDataStream, onEnd: (head: string) => void): void {
  let head = '';
  stream.on('data', (part: Buffer) => {
    if (head.length < HEADER_BYTES) head += part.toString('latin1');
  });
  stream.on('end', () => onEnd(head));
}

const refusal = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });
