import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TakenMail {
  readonly to: readonly string[];
  readonly from: string;
  readonly text: string;
}

/** A refusal as the server's hooks give it. */
export const refusal = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

/** A real mail server on a real socket that does what a test tells it to. */
export class MailVendor {
  /** Mails whose last byte came, whatever was answered. */
  readonly taken: TakenMail[] = [];
  connections = 0;
  private readonly server: SMTPServer;
  private readonly sockets = new Set<Socket>();

  private constructor(options: SMTPServerOptions & { readonly answer?: MailAnswer }) {
    const { answer: given, ...rest } = options;
    const answer: MailAnswer = given ?? ((_mail, done) => done());
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 100,
      logger: false,
      ...rest,
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const mail = {
            to: session.envelope.rcptTo.map(({ address }) => address),
            from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
            text: Buffer.concat(parts).toString('utf8'),
          };
          this.taken.push(mail);
          answer(mail, done, () => this.sockets.forEach((socket) => socket.destroy()));
        });
      },
    });
    this.server.on('error', () => undefined); // sockets that break off on purpose
    this.server.server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async start(options: SMTPServerOptions & { readonly answer?: MailAnswer } = {}): Promise<MailVendor> {
    const vendor = new MailVendor(options);
    await new Promise<void>((resolve) => vendor.server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port; // a listening TCP server has one
  }

  /** Ends every connection, as a server does that had enough of idle ones. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

export type MailAnswer = (mail: TakenMail, done: (error?: Error) => void, breakOff: () => void) => void;
