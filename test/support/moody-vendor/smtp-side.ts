import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Moods } from './moods.js';
import { machineMs, type VendorLog } from './vendor-log.js';
import { isRefusedAddress, type MemberMark, type VendorFault } from './vendor-script.js';

/** What is known of the mail that a session is about to bring. */
interface Mail {
  readonly path: string;
  readonly fault: VendorFault;
  readonly latencyMs: number;
  readonly connection: number;
}

/** The mail half of the vendor. Members are known by their addresses, mN@…; channels by the sender's name. */
export class SmtpSide {
  readonly smtp: SMTPServer;
  readonly sockets = new Set<Socket>();
  private readonly mails = new Map<string, Mail>();
  private readonly numbers = new Map<string, number>();
  private connections = 0;

  constructor(
    private readonly moods: Moods,
    private readonly log: VendorLog,
  ) {
    this.smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      closeTimeout: 100,
      logger: false,
      onConnect: ({ id }, done) => {
        this.numbers.set(id, ++this.connections);
        const fault = this.moods.nextGreeting();
        if (fault === undefined) {
          done();
          return;
        }
        this.note({ path: 'greeting', fault, latencyMs: 0, connection: this.connections }, [], 'notDelivered');
        done(refusal(fault));
      },
      onMailFrom: ({ address }, session, done) => {
        const path = address.replace(/@.*$/, '');
        const mail = { path, ...this.moods.next(path), connection: this.numbers.get(session.id) ?? 0 };
        this.mails.set(session.id, mail);
        if (!isAt(mail.fault, 'sender')) {
          done();
          return;
        }
        this.note(mail, [], 'notDelivered');
        done(refusal(mail.fault));
      },
      onRcptTo: ({ address }, session, done) => {
        const mail = this.mailOf(session);
        const refuses = isAt(mail.fault, 'recipient') && (!mail.fault.some || isRefusedAddress(ordinalOf(address)));
        if (!refuses) {
          done();
          return;
        }
        this.note(mail, [address], mail.fault.code >= 500 ? 'refused' : 'notDelivered');
        done(refusal(mail.fault));
      },
      onData: (stream, session, done) => {
        stream.resume().on('end', () => {
          const mail = this.mailOf(session);
          setTimeout(() => this.finish(mail, session, done), mail.latencyMs);
        });
      },
    });
    this.smtp.on('error', () => undefined); // connections that break off on purpose
    this.smtp.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  private finish(mail: Mail, session: SMTPServerSession, done: (error?: Error) => void): void {
    const { fault } = mail;
    const to = session.envelope.rcptTo.map(({ address }) => address);
    if (isAt(fault, 'dot')) {
      this.note(mail, to, 'notDelivered');
      done(refusal(fault));
      return;
    }
    const isLost = fault.kind === 'hang' || fault.kind === 'reset';
    this.note(mail, to, isLost && !fault.delivers ? 'notDelivered' : 'delivered');
    if (fault.kind === 'reset') {
      for (const socket of this.sockets) if (socket.remotePort === session.remotePort) socket.resetAndDestroy();
    }
    if (!isLost) done();
  }

  private mailOf({ id }: SMTPServerSession): Mail {
    const mail = this.mails.get(id);
    if (mail === undefined) throw new Error('a mail begins with its sender');
    return mail;
  }

  private note({ path, fault, connection }: Mail, to: readonly string[], mark: MemberMark): void {
    const atMs = machineMs();
    const members = to.map((address): [number, number, number, MemberMark] => [0, ordinalOf(address), 0, mark]);
    const isAnswered = fault.kind !== 'hang' && fault.kind !== 'reset';
    this.log.append({ atMs, connection, path, fault, members, ...(isAnswered && { answeredAtMs: atMs }) });
  }
}

const ordinalOf = (address: string): number => Number(/^m(\d+)@/.exec(address)?.[1] ?? -1);

type SmtpFault = Extract<VendorFault, { readonly kind: 'smtp' }>;

const isAt = (fault: VendorFault, stage: SmtpFault['stage']): fault is SmtpFault =>
  fault.kind === 'smtp' && fault.stage === stage;

const refusal = ({ code, text }: SmtpFault): Error => Object.assign(new Error(text), { responseCode: code });
