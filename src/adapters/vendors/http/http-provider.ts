import { channelIndex, type Channel } from '../../../core/channels.js';
import type { Clock } from '../../../core/ports/clock.js';
import type {
  Chunk,
  ChunkAnswer,
  Provider,
  ProviderCapabilities,
  RecipientColumn,
} from '../../../core/ports/provider.js';
import type { HttpProviderConfig } from '../../../push/config/http-provider-config.js';
import type { ReferenceCodec } from '../../../push/reference.js';
import { AnswerSheet } from '../answer-sheet.js';
import { QuietTime } from '../quiet-time.js';
import { Slots } from '../slots.js';
import type { ExchangeOutcome, HttpTransport } from './http-transport.js';
import { AnswerReader, type AskedMembers } from './read-answers.js';
import { RequestRenderer, type BoundChunk } from './request-renderer.js';
import type { RequestTemplate } from './request-template.js';

export interface HttpProviderDeps {
  readonly clock: Clock;
  readonly references: ReferenceCodec;
  readonly transport: HttpTransport;
}

export interface HttpProviderOptions {
  readonly channel: Channel;
  readonly config: HttpProviderConfig;
  readonly template: RequestTemplate;
}

/** Members a chunk holds where the vendor is asked about one at a time. */
const SINGLES_PER_CHUNK = 100;

/** What the settings of an HTTP vendor promise; needs no connection. */
export function httpCapabilities(config: HttpProviderConfig, template: RequestTemplate): ProviderCapabilities {
  return {
    maxChunkMembers: config.batch?.maxMembers ?? SINGLES_PER_CHUNK,
    maxRequestMembers: config.batch?.maxMembers ?? 1,
    isKeyed: config.keyLifeMs !== undefined,
    keyLifeMs: config.keyLifeMs,
    maxConcurrentRequests: config.connections,
    rendersMessage: true,
    recipientColumns: template.recipientColumns,
  };
}

/** Any vendor that takes JSON over HTTP, by its settings. */
export class HttpProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  private readonly config: HttpProviderConfig;
  private readonly template: RequestTemplate;
  private readonly reader: AnswerReader;
  private readonly deps: HttpProviderDeps;
  private readonly slots: Slots;
  private readonly renderer: RequestRenderer;
  private readonly quiet: QuietTime;
  private isClosed = false;

  constructor(options: HttpProviderOptions, deps: HttpProviderDeps) {
    this.channel = options.channel;
    this.config = options.config;
    this.template = options.template;
    this.capabilities = httpCapabilities(options.config, options.template);
    this.renderer = new RequestRenderer(options.template, deps.references);
    this.reader = new AnswerReader(options.config.answers);
    this.deps = deps;
    this.slots = new Slots(options.config.connections);
    this.quiet = new QuietTime(deps.clock);
  }

  async send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    const { clock } = this.deps;
    const handedOverMs = clock.monotonicMs();
    const sheet = new AnswerSheet(chunk.ordinals.length);
    const sending: Sending = {
      sheet,
      mayStart: () => this.isFree(sheet) && clock.monotonicMs() <= handedOverMs + chunk.startWithinMs,
      mayWrite: () => this.isFree(sheet) && clock.monotonicMs() <= handedOverMs + chunk.sendWithinMs,
      signal: options.signal,
      ...this.renderer.bind(chunk),
    };
    const rows = this.rowsWithAddress(sending, chunk);
    if (this.config.batch === undefined) {
      await Promise.all(rows.map((row) => this.sendRows([row], sending)));
    } else if (rows.length > 0) {
      await this.sendRows(rows, sending);
    }
    return sheet.toAnswer();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.slots.close();
    await this.deps.transport.close();
  }

  /** False when this provider is closed or its vendor wants to be left alone, which the sheet then says too. */
  private isFree(sheet: AnswerSheet): boolean {
    const { leftMs } = this.quiet;
    if (leftMs > 0) sheet.throttle({ retryAfterMs: leftMs, isAccountThrottle: true });
    return !this.isClosed && leftMs === 0;
  }

  /** Who has lost the address since it was decided is answered here; the vendor is not asked. */
  private rowsWithAddress(sending: Sending, chunk: Chunk): number[] {
    const column = ADDRESS_COLUMN[channelIndex(this.channel)];
    const isNeeded = column !== undefined && this.template.recipientColumns.includes(column);
    const addresses = isNeeded ? sending.columns[column] : undefined;
    const rows: number[] = [];
    for (let row = 0; row < chunk.ordinals.length; row++) {
      const address = addresses?.[row];
      if (isNeeded && (typeof address !== 'string' || address === '')) {
        sending.sheet.set(row, 'addressRefused', { code: 'noAddress' });
      } else {
        rows.push(row);
      }
    }
    return rows;
  }

  private async sendRows(rows: readonly number[], sending: Sending): Promise<void> {
    if (!(await this.slots.acquire(sending.signal))) return;
    let halves: readonly (readonly number[])[] = [];
    try {
      if (sending.mayStart() && sending.mayWrite()) halves = await this.exchange(rows, sending);
    } finally {
      this.slots.release();
    }
    for (const half of halves) await this.sendRows(half, sending);
  }

  /** Sends one request, or answers with the two halves of one that is too large. */
  private async exchange(rows: readonly number[], sending: Sending): Promise<readonly (readonly number[])[]> {
    const { clock, transport } = this.deps;
    const request = sending.request.render(rows, clock.now());
    if (request.body.length > this.config.maxRequestBytes) {
      if (rows.length > 1) {
        const middle = Math.ceil(rows.length / 2);
        return [rows.slice(0, middle), rows.slice(middle)];
      }
      sending.sheet.setAll(rows, 'messageRefused', {
        code: 'requestTooLarge',
        text: `${request.body.length} bytes of at most ${this.config.maxRequestBytes}`,
      });
      return [];
    }
    this.record(await transport.send(request, sending), rows, sending);
    return [];
  }

  private record(outcome: ExchangeOutcome, rows: readonly number[], sending: Sending): void {
    const { sheet } = sending;
    switch (outcome.kind) {
      case 'notWritten':
        return; // the sheet says notSent
      case 'unreachable': {
        const kind = unreachableKind(outcome.errorCode);
        sheet.setAll(rows, kind, kind === 'notSent' ? undefined : { code: outcome.errorCode });
        return;
      }
      case 'lost':
        sheet.setAll(rows, 'ambiguous', { code: outcome.errorCode });
        return;
      case 'answered': {
        const read = this.reader.read(outcome, this.asked(rows, sending.references), this.deps.clock.now());
        sheet.throttle(read);
        if (read.isAccountThrottle) this.quiet.begin(read.retryAfterMs);
        if ('kind' in read.answers) {
          sheet.setAll(rows, read.answers.kind, read.answers.detail);
          return;
        }
        for (const [index, answer] of read.answers.entries()) sheet.set(rows[index] ?? 0, answer.kind, answer.detail);
      }
    }
  }

  private asked(rows: readonly number[], references: readonly string[]): AskedMembers {
    if (this.config.answers.members?.matchBy !== 'reference') return { count: rows.length, positions: undefined };
    return { count: rows.length, positions: new Map(rows.map((row, position) => [references[row] ?? '', position])) };
  }
}

interface Sending extends BoundChunk {
  readonly sheet: AnswerSheet;
  /** Asked when a connection is free. */
  readonly mayStart: () => boolean;
  readonly mayWrite: () => boolean;
  readonly signal: AbortSignal;
}

/** By channel index: inbox, sms, email, app. */
const ADDRESS_COLUMN: readonly (RecipientColumn | undefined)[] = [undefined, 'phone', 'email', 'pushToken'];

/** A connection that was never made: nothing was written, and nobody would be accepted, whoever it was about. */
const unreachableKind = (errorCode: string): 'notSent' | 'accountRefused' =>
  errorCode === 'UND_ERR_CLOSED' || errorCode === 'UND_ERR_DESTROYED' ? 'notSent' : 'accountRefused';
