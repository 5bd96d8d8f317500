import type { AnswerDetail, AnswerKind } from '../../../core/ports/provider.js';
import type { HttpAnswersConfig } from '../../../push/config/http-provider-config.js';
import { DAY_MS, SECOND_MS } from '../../../core/time.js';
import { compilePointer } from '../json-pointer.js';
import type { VendorResponse } from './http-transport.js';

/** One member's answer, or the whole request's. */
export interface ReadAnswer {
  readonly kind: AnswerKind;
  readonly detail?: AnswerDetail | undefined;
}

export interface ReadAnswers {
  /** One answer for everybody, or one per member in the order of the request. */
  readonly answers: ReadAnswer | readonly ReadAnswer[];
  readonly retryAfterMs: number | undefined;
  readonly isAccountThrottle: boolean;
}

/** What the members of a request are known by. */
export interface AskedMembers {
  readonly count: number;
  /** Reference → position in the request; undefined where answers are not found by it. */
  readonly positions: ReadonlyMap<string, number> | undefined;
}

/**
 * Reads what a vendor said, as its settings describe. Pure. The order of belief:
 *
 *   1. a code of the whole request that the settings list, in any status (but *accepted* only in a 2xx);
 *   2. the status, by the settings, else by `defaultKind`;
 *   3. in a 2xx: the code of the request, then the entries per member.
 *
 * What can't be read in a complete 2xx, or breaks off, is ambiguous: the vendor may have taken it.
 */
export class AnswerReader {
  private readonly config: HttpAnswersConfig;
  private readonly request: CodeReader | undefined;
  private readonly members: MemberReader | undefined;

  constructor(config: HttpAnswersConfig) {
    this.config = config;
    this.request = config.request && new CodeReader(config.request);
    this.members = config.members && new MemberReader(config.members);
  }

  read(response: VendorResponse, asked: AskedMembers, nowMs: number): ReadAnswers {
    const answers = this.readKinds(response, asked);
    const retryAfterMs = parseRetryAfter(response, nowMs);
    const isThrottled = 'kind' in answers && answers.kind === 'throttled';
    const isAway = response.statusCode === 503 && retryAfterMs !== undefined; // RFC 9110 §15.6.4
    const isAccountThrottle = (isThrottled || isAway) && this.config.throttleSpeaksFor === 'account';
    return { answers, retryAfterMs, isAccountThrottle };
  }

  private readKinds(response: VendorResponse, asked: AskedMembers): ReadAnswer | readonly ReadAnswer[] {
    const isSuccess = response.statusCode >= 200 && response.statusCode < 300;
    const needsBody = this.request !== undefined || this.members !== undefined;
    const document = needsBody && response.isComplete ? parseJson(response.body) : undefined;
    const whole = this.readWhole(document);
    if (!isSuccess) {
      if (whole?.isListed === true && whole.kind !== 'accepted') return whole;
      return this.byStatus(response.statusCode, asked.count, whole?.isFound === true ? whole.detail : undefined);
    }
    const declared = this.declaredKind(response.statusCode);
    if (declared !== undefined && declared !== 'accepted')
      return { kind: declared, detail: statusDetail(response.statusCode) };
    if (!response.isComplete) return { kind: 'ambiguous', detail: { code: 'brokenAnswer' } };
    if (whole !== undefined && whole.kind !== 'accepted') return whole;
    return this.members?.read(document, asked) ?? { kind: 'accepted', detail: whole?.detail };
  }

  /** The word about the whole request, as far as there is one. */
  private readWhole(document: unknown): CodeAnswer | undefined {
    const whole = this.request?.read(document);
    const speaksOfErrorsOnly = this.config.request?.absent === 'accepted' && document !== undefined;
    return whole?.isFound === false && speaksOfErrorsOnly ? ACCEPTED : whole;
  }

  private byStatus(statusCode: number, count: number, detail: AnswerDetail | undefined): ReadAnswer {
    const kind = this.declaredKind(statusCode) ?? defaultKind(statusCode, count);
    return { kind, detail: { ...detail, code: detail?.code ?? statusDetail(statusCode).code } };
  }

  private declaredKind(statusCode: number): AnswerKind | undefined {
    return this.config.statuses[String(statusCode)] ?? this.config.statuses[`${Math.floor(statusCode / 100)}xx`];
  }
}

/**
 * Kinds by status where a vendor declares nothing. Refusals of a body are refusals of the one message it holds; a
 * whole batch is not failed for it: that the body is refused speaks against the settings, so the channel pauses.
 */
export function defaultKind(statusCode: number, memberCount: number): AnswerKind {
  if (statusCode >= 500) return 'ambiguous';
  if (statusCode < 400) return 'accountRefused'; // a redirect: the url of the settings is not the vendor's
  switch (statusCode) {
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
    case 415:
      return 'accountRefused';
    case 408: // the vendor gave up reading, or so it says
    case 409: // most often: a request with this key is being worked on
      return 'ambiguous';
    case 425:
      return 'transient';
    case 429:
      return 'throttled';
    default:
      return memberCount === 1 ? 'messageRefused' : 'accountRefused';
  }
}

const statusDetail = (statusCode: number): { readonly code: string } => ({ code: `HTTP ${statusCode}` });

interface CodeConfig {
  readonly code: string;
  readonly codes: Readonly<Record<string, AnswerKind>>;
  readonly otherwise: AnswerKind;
  readonly text?: string | undefined;
  readonly messageId?: string | undefined;
}

/** Finds a vendor's code in a document and says what it means. */
class CodeReader {
  private readonly codes: ReadonlyMap<string, AnswerKind>;
  private readonly otherwise: AnswerKind;
  private readonly findCode: (document: unknown) => unknown;
  private readonly findText: ((document: unknown) => unknown) | undefined;
  private readonly findMessageId: ((document: unknown) => unknown) | undefined;

  constructor(config: CodeConfig) {
    this.codes = new Map(Object.entries(config.codes));
    this.otherwise = config.otherwise;
    this.findCode = compilePointer(config.code);
    this.findText = config.text === undefined ? undefined : compilePointer(config.text);
    this.findMessageId = config.messageId === undefined ? undefined : compilePointer(config.messageId);
  }

  /** A document without the code is nonsense, whatever `otherwise` says. */
  read(document: unknown): CodeAnswer {
    const code = scalarText(this.findCode(document));
    if (code === undefined) return UNREADABLE;
    const kind = this.codes.get(code);
    if (kind === 'accepted') return ACCEPTED;
    return {
      kind: kind ?? this.otherwise,
      detail: {
        code,
        text: scalarText(this.findText?.(document)),
        vendorMessageId: scalarText(this.findMessageId?.(document)),
      },
      isFound: true,
      isListed: kind !== undefined,
    };
  }
}

interface CodeAnswer extends ReadAnswer {
  /** Whether there was a code at all. */
  readonly isFound: boolean;
  /** Whether the settings list it. */
  readonly isListed: boolean;
}

const ACCEPTED: CodeAnswer = { kind: 'accepted', isFound: true, isListed: true };
const UNREADABLE: CodeAnswer = {
  kind: 'ambiguous',
  detail: { code: 'unreadableAnswer' },
  isFound: false,
  isListed: false,
};

type MembersConfig = NonNullable<HttpAnswersConfig['members']>;

/** Finds each member's entry in an answer about many. */
class MemberReader {
  private readonly config: MembersConfig;
  private readonly codes: CodeReader;
  private readonly findList: (document: unknown) => unknown;
  private readonly findReference: (entry: unknown) => unknown;

  constructor(config: MembersConfig) {
    this.config = config;
    this.codes = new CodeReader(config);
    this.findList = compilePointer(config.list);
    this.findReference = compilePointer(config.reference);
  }

  read(document: unknown, asked: AskedMembers): ReadAnswer | readonly ReadAnswer[] {
    const list = this.findList(document);
    if (!Array.isArray(list)) {
      const listsRefusedOnly = this.config.absent === 'accepted' && document !== undefined && list == null;
      return listsRefusedOnly ? ACCEPTED : { kind: 'ambiguous', detail: { code: 'unreadableAnswer' } };
    }
    return this.config.matchBy === 'order' ? this.readInOrder(list, asked) : this.readByReference(list, asked);
  }

  private readInOrder(list: readonly unknown[], asked: AskedMembers): ReadAnswer | readonly ReadAnswer[] {
    if (list.length !== asked.count) return { kind: 'ambiguous', detail: { code: 'wrongAnswerCount' } };
    return list.map((entry) => this.codes.read(entry));
  }

  private readByReference(list: readonly unknown[], asked: AskedMembers): readonly ReadAnswer[] {
    const absent: ReadAnswer =
      this.config.absent === 'accepted' ? ACCEPTED : { kind: 'ambiguous', detail: { code: 'noAnswerForMember' } };
    const answers = new Array<ReadAnswer>(asked.count).fill(absent);
    for (const entry of list) {
      const reference = this.findReference(entry);
      const position = typeof reference === 'string' ? asked.positions?.get(reference) : undefined;
      if (position === undefined) continue;
      const answer = this.codes.read(entry);
      const before = answers[position];
      // Two entries that disagree say nothing.
      const isContradiction = before !== absent && before !== undefined && before.kind !== answer.kind;
      answers[position] = isContradiction ? { kind: 'ambiguous', detail: { code: 'contradictoryAnswer' } } : answer;
    }
    return answers;
  }
}

/** Retry-After (RFC 9110 §10.2.3) as seconds or as a date, the date against the vendor's own clock where it says it. */
export function parseRetryAfter(
  response: Pick<VendorResponse, 'retryAfter' | 'date'>,
  nowMs: number,
): number | undefined {
  const text = response.retryAfter?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * SECOND_MS, DAY_MS);
  const at = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : NaN; // every form of an HTTP date names its day
  if (Number.isNaN(at)) return undefined;
  const vendorNow = Date.parse(response.date ?? '');
  return Math.min(Math.max(0, at - (Number.isNaN(vendorNow) ? nowMs : vendorNow)), DAY_MS);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // nonsense, read as an answer without anything in it
  }
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
