import type { AnswerDetail, AnswerKind } from '../../../core/ports/provider.js';

/** How one mail went, told by the protocol; see RFC 5321 §4.2 for the replies. */
export type SmtpDelivery =
  | { readonly kind: 'accepted' }
  /** Stopped by the sender before the first byte of the mail. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'refused'; readonly stage: SmtpStage; readonly reply: SmtpReply }
  /** The connection failed or fell silent. */
  | { readonly kind: 'broken'; readonly stage: SmtpStage; readonly errorCode: string };

/** `open`: connection, greeting, TLS, login. `body`: from the first byte of the mail to the answer to its final dot. */
export type SmtpStage = 'open' | 'sender' | 'recipient' | 'data' | 'body';

export interface SmtpReply {
  readonly code: number;
  /** RFC 3463, as `5.1.1`. */
  readonly enhancedCode: string | undefined;
  readonly text: string;
}

export interface SmtpAnswer {
  readonly kind: AnswerKind;
  readonly detail?: AnswerDetail | undefined;
  readonly isAccountThrottle: boolean;
}

/** Sorts the course of one mail into our kinds of answers. Pure. */
export function smtpAnswer(delivery: SmtpDelivery): SmtpAnswer {
  switch (delivery.kind) {
    case 'accepted':
      return { kind: 'accepted', isAccountThrottle: false };
    case 'stopped':
      return { kind: 'notSent', isAccountThrottle: false };
    case 'broken':
      return { kind: brokenKind(delivery), detail: { code: delivery.errorCode }, isAccountThrottle: false };
    case 'refused': {
      const { reply } = delivery;
      const code = reply.enhancedCode === undefined ? String(reply.code) : `${reply.code} ${reply.enhancedCode}`;
      const kind = refusedKind(delivery.stage, reply);
      return { kind, detail: { code, text: reply.text }, isAccountThrottle: kind === 'throttled' };
    }
  }
}

/** Without a session nobody would be accepted; before the body nothing was handed over; from then on the server may have it. */
function brokenKind({ stage }: { readonly stage: SmtpStage }): AnswerKind {
  if (stage === 'open') return 'accountRefused';
  return stage === 'body' ? 'ambiguous' : 'transient';
}

function refusedKind(stage: SmtpStage, reply: SmtpReply): AnswerKind {
  if (reply.code === 421) return 'throttled'; // "closing transmission channel": too many of us, or it is going down
  if (reply.code < 500 || reply.code === 503) return 'transient'; // 503: the session's state, not the mail
  if (stage === 'open' || stage === 'sender') return 'accountRefused';
  if (reply.code === 530 || reply.code === 535) return 'accountRefused'; // login wanted
  const subject = reply.enhancedCode?.split('.')[1];
  if (subject === '1') return 'addressRefused'; // 5.1.x: addressing
  if (subject !== undefined) return 'messageRefused'; // mailbox full, policy, content: the address may be good
  return stage === 'recipient' && ADDRESS_CODES.has(reply.code) ? 'addressRefused' : 'messageRefused';
}

/** RFC 5321: no such mailbox, not local, name not allowed, domain takes no mail; syntax of the recipient. */
const ADDRESS_CODES: ReadonlySet<number> = new Set([501, 550, 551, 553, 556]);

/** Reads `550 5.1.1 No such user` (of several lines the last one's code). */
export function parseReply(response: string): SmtpReply | undefined {
  const match = /^([2-5]\d\d)[ -]?(?:([245]\.\d{1,3}\.\d{1,3})(?:\s|$))?\s*/.exec(response);
  if (match?.[1] === undefined) return undefined;
  const text = response.slice(match[0].length).replace(/\s+/g, ' ').trim();
  return { code: Number(match[1]), enhancedCode: match[2], text };
}
