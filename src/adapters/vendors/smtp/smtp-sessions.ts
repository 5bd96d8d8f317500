import type { SmtpDelivery } from './smtp-answers.js';
import { SmtpOpenError, SmtpSession, type DeliverOptions, type MailEnvelope, type SmtpAccess } from './smtp-session.js';

/** An idle session is ended after this: servers end theirs after minutes, and a dead one costs a round trip. */
const IDLE_MS = 10_000;

/** Idle sessions, kept for the next mail. How many mails go at once is bounded by whoever calls `deliver`. */
export class SmtpSessions {
  private readonly access: SmtpAccess;
  private readonly idle: SmtpSession[] = [];
  private idleTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(access: SmtpAccess) {
    this.access = access;
  }

  /** Never rejects. */
  async deliver(envelope: MailEnvelope, mail: Buffer, options: DeliverOptions): Promise<SmtpDelivery> {
    const used = this.takeIdle();
    if (used !== undefined) {
      const delivery = await this.deliverOver(used, envelope, mail, options);
      // The server had ended the idle session before it saw anything of the mail: that says nothing about the mail.
      if (delivery.kind !== 'broken' || delivery.stage === 'body' || options.signal.aborted) return delivery;
    }
    if (!options.mayWrite() || options.signal.aborted) return { kind: 'stopped' };
    try {
      const session = await SmtpSession.open(this.access, options.signal);
      return await this.deliverOver(session, envelope, mail, options);
    } catch (error) {
      if (error instanceof SmtpOpenError) return error.delivery;
      throw error;
    }
  }

  /** Ends idle sessions, and those in use after their mail. May be called twice. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.idleTimer);
    for (const session of this.idle.splice(0)) session.end();
  }

  private async deliverOver(
    session: SmtpSession,
    envelope: MailEnvelope,
    mail: Buffer,
    options: DeliverOptions,
  ): Promise<SmtpDelivery> {
    const delivery = await session.deliver(envelope, mail, options);
    if (session.isUsable && !this.isClosed) this.keep(session);
    else session.end();
    return delivery;
  }

  private keep(session: SmtpSession): void {
    this.idle.push(session);
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      for (const old of this.idle.splice(0)) old.end();
    }, IDLE_MS);
    this.idleTimer.unref();
  }

  private takeIdle(): SmtpSession | undefined {
    for (;;) {
      const session = this.idle.pop();
      if (session?.isUsable !== false) return session;
      session.end();
    }
  }
}
