import { setMaxListeners } from 'node:events';
import type { Channel } from '../../../core/channels.js';
import type { Clock } from '../../../core/ports/clock.js';
import type { Chunk, ChunkAnswer, Provider, ProviderCapabilities } from '../../../core/ports/provider.js';
import { parseMessage } from '../../../message/message.js';
import { parseColumns } from '../../../message/recipient-columns.js';
import type { SmtpProviderConfig } from '../../../push/config/smtp-provider-config.js';
import type { ReferenceCodec } from '../../../push/reference.js';
import type { UnsubscribeTokens } from '../../../push/unsubscribe-token.js';
import { AnswerSheet } from '../answer-sheet.js';
import { QuietTime } from '../quiet-time.js';
import { RecentCache } from '../recent-cache.js';
import { Slots } from '../slots.js';
import { compileMail, MailWriter, type CompiledMail, type MailTarget } from './mail-writer.js';
import { smtpAnswer } from './smtp-answers.js';
import type { SmtpAccess } from './smtp-session.js';
import { SmtpSessions } from './smtp-sessions.js';

export interface SmtpProviderDeps {
  readonly clock: Clock;
  readonly references: ReferenceCodec;
  readonly tokens: UnsubscribeTokens;
}

/** How long a server that closes the door (421) is left alone. */
const DOOR_CLOSED_MS = 10_000;
const MAX_COMPILED = 32;

/** What the settings of a mail server promise; needs no connection. Mail knows no keys: it is not de-duplicated. */
export const smtpCapabilities = (config: SmtpProviderConfig): ProviderCapabilities => ({
  maxChunkMembers: config.chunkMembers,
  maxRequestMembers: 1,
  isKeyed: false,
  keyLifeMs: undefined,
  maxConcurrentRequests: config.connections,
  rendersMessage: true,
  recipientColumns: ['email', 'name'],
});

/** Mail by SMTP: one transaction per member, over as many connections as the settings allow. */
export class SmtpProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  private readonly deps: SmtpProviderDeps;
  private readonly writer: MailWriter;
  private readonly sessions: SmtpSessions;
  private readonly slots: Slots;
  private readonly quiet: QuietTime;
  private readonly compiled = new RecentCache<number, CompiledMail>(MAX_COMPILED);
  private readonly underWay = new Set<Promise<unknown>>();
  private isClosed = false;

  constructor(channel: Channel, access: SmtpAccess, deps: SmtpProviderDeps) {
    this.channel = channel;
    this.capabilities = smtpCapabilities(access.config);
    this.deps = deps;
    this.writer = new MailWriter(access.config, { tokens: deps.tokens, channel });
    this.sessions = new SmtpSessions(access);
    this.slots = new Slots(access.config.connections);
    this.quiet = new QuietTime(deps.clock);
  }

  async send(chunk: Chunk, { signal }: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    setMaxListeners(0, signal); // one for each mail under way is no leak
    const { clock } = this.deps;
    const handedOverMs = clock.monotonicMs();
    const sheet = new AnswerSheet(chunk.ordinals.length);
    const sending: Sending = {
      sheet,
      mail: this.compile(chunk),
      mayStart: () => this.isFree(sheet) && clock.monotonicMs() <= handedOverMs + chunk.startWithinMs,
      mayWrite: () => this.isFree(sheet) && clock.monotonicMs() <= handedOverMs + chunk.sendWithinMs,
      signal,
    };
    const mails = Promise.all(this.targetsOf(chunk).map((target) => this.sendOne(target, sending)));
    this.underWay.add(mails);
    await mails;
    this.underWay.delete(mails);
    return sending.sheet.toAnswer();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.slots.close();
    await Promise.all(this.underWay);
    this.sessions.close();
  }

  /** False when this provider is closed or its server wants to be left alone, which the sheet then says too. */
  private isFree(sheet: AnswerSheet): boolean {
    const { leftMs } = this.quiet;
    if (leftMs > 0) sheet.throttle({ retryAfterMs: leftMs, isAccountThrottle: true });
    return !this.isClosed && leftMs === 0;
  }

  private compile(chunk: Chunk): CompiledMail {
    return this.compiled.get(chunk.messageVersionId, () =>
      compileMail(parseMessage(chunk.message ?? { body: '' }, Object.keys(chunk.commonFields)), chunk.commonFields),
    );
  }

  private targetsOf(chunk: Chunk): MailTarget[] {
    const references = this.deps.references.write({ ...chunk, campaignId: chunk.referenceCampaignId });
    const columns = parseColumns(chunk.recipients, chunk.ordinals.length);
    const at = this.deps.clock.now();
    return references.map((reference, row) => ({
      row,
      ordinal: chunk.ordinals[row] ?? 0,
      campaignId: chunk.campaignId,
      reference,
      columns,
      at,
    }));
  }

  private async sendOne(target: MailTarget, sending: Sending): Promise<void> {
    const { sheet, signal, mayStart, mayWrite } = sending;
    if (!(await this.slots.acquire(signal))) return;
    try {
      if (!mayStart() || !mayWrite()) return;
      const mail = this.writer.write(sending.mail, target);
      if (mail.kind !== 'mail') {
        sheet.set(target.row, mail.kind, { code: mail.code });
        return;
      }
      const answer = smtpAnswer(await this.sessions.deliver(mail, mail.bytes, { mayWrite, signal }));
      sheet.set(target.row, answer.kind, answer.detail);
      if (!answer.isAccountThrottle) return;
      sheet.throttle({ isAccountThrottle: true, retryAfterMs: DOOR_CLOSED_MS });
      this.quiet.begin(DOOR_CLOSED_MS);
    } finally {
      this.slots.release();
    }
  }
}

interface Sending {
  readonly sheet: AnswerSheet;
  readonly mail: CompiledMail;
  /** Asked when a connection is free. */
  readonly mayStart: () => boolean;
  readonly mayWrite: () => boolean;
  readonly signal: AbortSignal;
}
