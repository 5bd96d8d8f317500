import type { Channel } from '../channels.js';
import type { CampaignId } from '../ids.js';

/**
 * What the vendor behind a channel can promise; the core reads it to accept or refuse a delivery mode.
 */
export interface ProviderCapabilities {
  /** Members one call of `send` takes: 1 to 1,000. */
  readonly maxChunkMembers: number;
  /**
   * Members one request to the vendor takes. Less than `maxChunkMembers` where the vendor is asked once per member
   * (SMTP, many push vendors): a chunk is then several requests, at most `maxConcurrentRequests` at once.
   */
  readonly maxRequestMembers: number;
  /** True when the vendor de-duplicates by a key per member (the reference). */
  readonly isKeyed: boolean;
  /** How long the vendor remembers a key; given where `isKeyed`. */
  readonly keyLifeMs: number | undefined;
  /** Requests the provider runs at once; more wait inside `send`. */
  readonly maxConcurrentRequests: number;
  /** False for providers that send nothing of the message itself; then `Chunk.message` may be left out. */
  readonly rendersMessage: boolean;
  /** What the provider needs of each member beside the fields of the message: its address, fields of its body. */
  readonly recipientColumns: readonly RecipientColumn[];
}

/** What a provider or a template can ask of a member, by the names of `RecipientFields`. */
export const RECIPIENT_COLUMNS = [
  'memberId',
  'name',
  'level',
  'points',
  'activeDays',
  'locale',
  'timeZone',
  'email',
  'phone',
  'pushToken',
  'pushPlatform',
  'attributes',
] as const;
export type RecipientColumn = (typeof RECIPIENT_COLUMNS)[number];

/**
 * Members by column: the JSON text of an array with one value (or null) per member of the chunk, in its order.
 * Columns, because they are packed in SQL by one aggregate each, parsed only by the thread that sends, and three
 * times quicker to parse than an object per member. `attributes` holds objects.
 */
export type RecipientsJson = Readonly<Partial<Record<RecipientColumn, string>>>;

/**
 * Members that are sent together, by position. Plain data: it is copied to a worker thread and not changed by anyone
 * after it was handed over.
 */
export interface Chunk {
  readonly campaignId: CampaignId;
  /**
   * Campaign that the references name: `campaignId` itself, or the parent's where a child sends unknown members
   * again under their old keys (`rounds` are then the parent's too).
   */
  readonly referenceCampaignId: CampaignId;
  readonly channel: Channel;
  /** Names `message` and `commonFields` for caches: the same id always comes with the same text and values. */
  readonly messageVersionId: number;
  /** Ordinals of the members, ascending. */
  readonly ordinals: Float64Array;
  /** Round (definite failures so far) of each member; with campaign, channel and ordinal it makes the reference. */
  readonly rounds: Uint8Array;
  /** The columns that message and provider need (`columnsOfMessage` and `recipientColumns`); more do no harm. */
  readonly recipients: RecipientsJson;
  /** The message as fixed at launch; undefined where the provider does not render it. */
  readonly message: MessageTemplate | undefined;
  /** Values of the fields that are the same for all members, by full name: `promotion.name`, `campaign.name`. */
  readonly commonFields: Readonly<Record<string, string>>;
  /**
   * What no connection has taken up this long after hand-over is not begun any more (`notSent`): who opts out, pauses
   * or cancels waits no longer for it to be true.
   */
  readonly startWithinMs: number;
  /** What no socket has seen this long after hand-over is not sent any more (`notSent`): the lease's limit. */
  readonly sendWithinMs: number;
}

/** What a message is made of; each part is a logic-less template. */
export interface MessageTemplate {
  readonly subject?: string | undefined;
  readonly title?: string | undefined;
  /** Plain text; of an e-mail too. */
  readonly body: string;
  /** The HTML part of an e-mail; made from `body` where it is absent. */
  readonly html?: string | undefined;
  readonly link?: string | undefined;
}

/** One member as templates see it; a value of each column. */
export interface RecipientFields {
  readonly memberId: string;
  readonly name: string | null;
  readonly level: number | null;
  readonly points: number | null;
  readonly activeDays: number | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly pushToken: string | null;
  readonly pushPlatform: string | null;
  readonly attributes: Readonly<Record<string, unknown>> | null;
}

/**
 * How a vendor answered for one member. *Definite* answers say whether the message was taken; *ambiguous* ones
 * do not (the request was written, the answer is missing, late, 5xx or nonsense).
 */
export const ANSWER_KINDS = [
  'notSent', // no socket saw it: stopped, circuit open, deadline passed before the write
  'accepted',
  'throttled', // definite: too fast; wait `retryAfterMs`
  'transient', // definite: not taken, may be tried again under a new round
  'addressRefused', // definite: this member's address is dead
  'messageRefused', // definite: this message, not the address
  'accountRefused', // definite: nobody would be accepted (401, 402, 403, 404, connection refused)
  'ambiguous',
] as const;
export type AnswerKind = (typeof ANSWER_KINDS)[number];

/** What the vendor said beside the kind; kept for failed and unknown members only. */
export interface AnswerDetail {
  readonly code?: string | undefined;
  readonly text?: string | undefined;
  readonly vendorMessageId?: string | undefined;
}

export interface ChunkAnswer {
  /** One answer for everybody, or one per member in the chunk's order. */
  readonly kinds: AnswerKind | readonly AnswerKind[];
  /** By position in the chunk; absent where the vendor said nothing worth keeping. */
  readonly details?: ReadonlyMap<number, AnswerDetail> | undefined;
  /** Whole-request remark where it applies to all members, such as the error of a refused connection. */
  readonly detail?: AnswerDetail | undefined;
  /** The vendor's Retry-After. */
  readonly retryAfterMs?: number | undefined;
  /** True when the vendor wants the whole account to wait, so the channel does: after a 429, or a 503 that says when. */
  readonly isAccountThrottle?: boolean | undefined;
  /** True when what was sending died with this chunk in hand: it may be one of these members that ends it each time. */
  readonly isSenderLost?: boolean | undefined;
}

/**
 * The vendor behind a channel. `send` asks the vendor at most once about each member and never
 * retries by itself: repeating is the pusher's decision, recorded in the ledger.
 */
export interface Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;
  /**
   * Answers for every member of the chunk; never rejects for anything the vendor or the network does.
   * When `signal` aborts, everything is answered at once: what no socket has seen is `notSent`, what was written and
   * has no answer yet is `ambiguous`.
   */
  send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer>;
  /** Ends connections after requests under way have been answered. May be called twice. */
  close(): Promise<void>;
}
