import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpProviderConfig } from '../../../push/config/smtp-provider-config.js';
import { parseReply, type SmtpDelivery, type SmtpStage } from './smtp-answers.js';

export interface SmtpAccess {
  readonly config: SmtpProviderConfig;
  readonly password: string | undefined;
  readonly ca: string | undefined;
}

export interface DeliverOptions {
  /** Asked just before the first byte of the mail. */
  readonly mayWrite: () => boolean;
  readonly signal: AbortSignal;
}

export interface MailEnvelope {
  readonly from: string;
  readonly to: string;
}

/** A session that could not be opened. */
export class SmtpOpenError extends Error {
  override readonly name = 'SmtpOpenError';
  readonly delivery: SmtpDelivery;

  constructor(delivery: SmtpDelivery, options: { readonly cause: unknown }) {
    super('The SMTP session could not be opened.', options);
    this.delivery = delivery;
  }
}

/**
 * One connection to a mail server, one mail at a time over it. Nodemailer speaks the protocol; its own pool is not
 * used, because it sends a mail again by itself when a connection closes, and does not tell how far a mail came.
 */
export class SmtpSession {
  mails = 0;
  private readonly connection: SMTPConnection;
  private readonly config: SmtpProviderConfig;
  private isBroken = false;

  private constructor(access: SmtpAccess) {
    const { config, ca } = access;
    this.config = config;
    this.connection = new SMTPConnection({
      host: config.host,
      port: config.port,
      secure: config.tls === 'implicit',
      requireTLS: config.tls === 'required',
      ignoreTLS: config.tls === 'none',
      connectionTimeout: config.connectTimeoutMs,
      greetingTimeout: config.greetingTimeoutMs,
      dnsTimeout: config.connectTimeoutMs,
      // Each stage has a timer of its own below; this one only ends what they forgot.
      socketTimeout: config.socketTimeoutMs + config.finalAnswerTimeoutMs,
      socketCloseTimeout: 1_000,
      logger: false,
      tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    });
    // What happens to a mail is told to its sender; between mails it only means that the session is over.
    this.connection.on('error', () => (this.isBroken = true));
    this.connection.on('end', () => (this.isBroken = true));
  }

  /** @throws SmtpOpenError when the server is not there, does not want us, or `signal` aborts. */
  static async open(access: SmtpAccess, signal: AbortSignal): Promise<SmtpSession> {
    const session = new SmtpSession(access);
    try {
      await session.connect(access, signal);
      return session;
    } catch (error) {
      session.connection.close();
      const delivery: SmtpDelivery = signal.aborted ? { kind: 'stopped' } : deliveryOfError(error, 'open');
      throw new SmtpOpenError(delivery, { cause: error });
    }
  }

  get isUsable(): boolean {
    return !this.isBroken && this.mails < this.config.maxMailsPerConnection;
  }

  /** Sends one mail. Never rejects; a session whose mail was not answered is not usable any more. */
  async deliver(envelope: MailEnvelope, mail: Buffer, options: DeliverOptions): Promise<SmtpDelivery> {
    this.mails++;
    const delivery = await this.transact(envelope, mail, options);
    if (delivery.kind === 'refused' && !this.isBroken) await this.reset();
    else if (delivery.kind !== 'accepted') this.abandon();
    return delivery;
  }

  /** Says goodbye. */
  end(): void {
    if (this.isBroken) this.connection.close();
    else this.connection.quit();
    this.isBroken = true;
  }

  private abandon(): void {
    this.isBroken = true;
    this.connection.close();
  }

  private async connect({ config, password }: SmtpAccess, signal: AbortSignal): Promise<void> {
    const { connection } = this;
    const timer = new StageTimer(() =>
      connection.emit('error', Object.assign(new Error('late'), { code: 'ETIMEDOUT' })),
    );
    timer.refresh(config.connectTimeoutMs + config.greetingTimeoutMs);
    const abort = (): void => void connection.emit('error', new Error('The sender gave up.'));
    signal.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        connection.once('error', reject);
        connection.once('end', () => reject(new Error('The server closed the connection.')));
        const finish = (error: Error | null | undefined): void => (error == null ? resolve() : reject(error));
        connection.connect((error) => {
          if (error !== undefined || config.auth === undefined) finish(error);
          else connection.login({ credentials: { user: config.auth.user, pass: password ?? '' } }, finish);
        });
      });
    } finally {
      timer.stop();
      signal.removeEventListener('abort', abort);
    }
  }

  private transact(envelope: MailEnvelope, mail: Buffer, options: DeliverOptions): Promise<SmtpDelivery> {
    return new Promise((resolve) => {
      const body = new WatchedBody(mail, () => {
        if (options.signal.aborted || !options.mayWrite()) {
          settle({ kind: 'stopped' });
          this.abandon(); // without the final dot the server takes nothing
          return false;
        }
        timer.refresh(this.config.finalAnswerTimeoutMs);
        return true;
      });
      const giveUp = (errorCode: string): void => {
        settle({ kind: 'broken', stage: body.isStarted ? 'body' : 'data', errorCode });
        this.abandon();
      };
      const abort = (): void => {
        if (!body.isStarted) settle({ kind: 'stopped' });
        giveUp('ABORTED');
      };
      const timer = new StageTimer(() => giveUp('ETIMEDOUT'));
      let isSettled = false;
      const settle = (delivery: SmtpDelivery): void => {
        if (isSettled) return;
        isSettled = true;
        timer.stop();
        options.signal.removeEventListener('abort', abort);
        resolve(delivery);
      };
      options.signal.addEventListener('abort', abort, { once: true });
      timer.refresh(this.config.socketTimeoutMs);
      this.connection.send({ from: envelope.from, to: [envelope.to] }, body, (error) => {
        settle(error === null ? { kind: 'accepted' } : deliveryOfError(error, body.isStarted ? 'body' : 'data'));
      });
    });
  }

  /** Clears the state of a refused mail; a server that does not answer ends the session. */
  private async reset(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = new StageTimer(() => {
        this.abandon();
        resolve();
      });
      timer.refresh(this.config.socketTimeoutMs);
      this.connection.reset((error) => {
        timer.stop();
        if (error !== null) this.abandon();
        resolve();
      });
    });
  }
}

/** The mail as a stream that tells when its first byte is asked for: after 354, just before it is written. */
class WatchedBody extends Readable {
  isStarted = false;
  private readonly mail: Buffer;
  private readonly mayStart: () => boolean;

  constructor(mail: Buffer, mayStart: () => boolean) {
    super();
    this.mail = mail;
    this.mayStart = mayStart;
  }

  override _read(): void {
    if (this.isStarted || !this.mayStart()) return;
    this.isStarted = true;
    this.push(this.mail);
    this.push(null);
  }
}

class StageTimer {
  private timer: NodeJS.Timeout | undefined;
  private readonly onEnd: () => void;

  constructor(onEnd: () => void) {
    this.onEnd = onEnd;
  }

  refresh(spanMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onEnd, spanMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

interface SmtpErrorFields {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
}

/** What Nodemailer's error says: a reply of the server with its stage, or the failure of the connection. */
function deliveryOfError(error: unknown, reached: SmtpStage): SmtpDelivery {
  const fields: SmtpErrorFields = typeof error === 'object' && error !== null ? error : {};
  const reply = typeof fields.response === 'string' ? parseReply(fields.response) : undefined;
  if (reply !== undefined && reply.code >= 400) {
    return { kind: 'refused', stage: stageOfCommand(fields.command, reached), reply };
  }
  const code = [fields.originalCode, fields.code].find((candidate) => typeof candidate === 'string');
  return { kind: 'broken', stage: reached, errorCode: typeof code === 'string' ? code : 'EUNKNOWN' };
}

function stageOfCommand(command: unknown, reached: SmtpStage): SmtpStage {
  if (reached === 'open' || reached === 'body') return reached;
  if (command === 'MAIL FROM') return 'sender';
  return command === 'RCPT TO' ? 'recipient' : 'data';
}
