import { describe, expect, it } from 'vitest';
import type { AnswerKind } from '../../../core/ports/provider.js';
import { parseReply, smtpAnswer, type SmtpReply, type SmtpStage } from './smtp-answers.js';

const read = (response: string): SmtpReply => {
  const reply = parseReply(response);
  if (reply === undefined) throw new Error(`"${response}" is no reply`);
  return reply;
};

describe('the reply of a mail server', () => {
  it.each([
    ['550 5.1.1 No such user', { code: 550, enhancedCode: '5.1.1', text: 'No such user' }],
    ['450-4.2.0 Grey\n450 4.2.0 listed', { code: 450, enhancedCode: '4.2.0', text: 'Grey 450 4.2.0 listed' }],
    ['250 2.0.0', { code: 250, enhancedCode: '2.0.0', text: '' }],
    ['421 4.123.456   Too \t many  ', { code: 421, enhancedCode: '4.123.456', text: 'Too many' }],
    ['554', { code: 554, enhancedCode: undefined, text: '' }],
    ['554 5.1.1x is no code', { code: 554, enhancedCode: undefined, text: '5.1.1x is no code' }],
    ['550 3.1.1 nor is this', { code: 550, enhancedCode: undefined, text: '3.1.1 nor is this' }],
    ['550 5.1234.1 nor this', { code: 550, enhancedCode: undefined, text: '5.1234.1 nor this' }],
    ['199 Too low', undefined],
    ['600 Too high', undefined],
    ['55', undefined],
    ['hello', undefined],
    ['so 550 5.1.1 No', undefined],
    ['', undefined],
  ])('%j is read as %j', (response, reply) => {
    expect(parseReply(response)).toEqual(reply);
  });

  it.each<[SmtpStage, string, AnswerKind]>([
    ['recipient', '550 5.1.1 No such user', 'addressRefused'],
    ['recipient', '550 5.7.1 Blocked by policy', 'messageRefused'],
    ['recipient', '552 5.2.2 Mailbox full', 'messageRefused'],
    ['recipient', '552 Mailbox full', 'messageRefused'],
    ['recipient', '501 Bad syntax', 'addressRefused'],
    ['recipient', '550 No', 'addressRefused'],
    ['recipient', '551 Not local', 'addressRefused'],
    ['recipient', '553 Bad name', 'addressRefused'],
    ['recipient', '556 Takes no mail', 'addressRefused'],
    ['recipient', '503 Bad sequence', 'transient'],
    ['recipient', '450 4.2.1 Later', 'transient'],
    ['recipient', '499 Later', 'transient'],
    ['recipient', '500 5.5.1 What?', 'messageRefused'],
    ['recipient', '530 5.7.0 Login', 'accountRefused'],
    ['recipient', '535 Login', 'accountRefused'],
    ['data', '530 Login', 'accountRefused'],
    ['body', '550 5.1.1 No such user', 'addressRefused'],
    ['body', '550 Refused', 'messageRefused'],
    ['body', '451 4.3.0 Later', 'transient'],
    ['data', '554 No valid recipients', 'messageRefused'],
    ['data', '550 No', 'messageRefused'],
    ['sender', '550 5.1.8 Bad sender', 'accountRefused'],
    ['sender', '550 No', 'accountRefused'],
    ['sender', '421 4.7.0 Too many', 'throttled'],
    ['open', '535 5.7.8 Wrong password', 'accountRefused'],
    ['open', '554 5.7.1 Go away', 'accountRefused'],
    ['open', '454 4.7.0 Later', 'transient'],
    ['open', '503 Bad sequence', 'transient'],
  ])('at stage %s %j means %s', (stage, response, kind) => {
    expect(smtpAnswer({ kind: 'refused', stage, reply: read(response) }).kind).toBe(kind);
  });

  it('is kept in its own words, and holds up the account when it closes the door', () => {
    const stage = 'recipient';
    expect(smtpAnswer({ kind: 'refused', stage, reply: read('550 5.1.1 No such user') })).toEqual({
      kind: 'addressRefused',
      detail: { code: '550 5.1.1', text: 'No such user' },
      isAccountThrottle: false,
    });
    expect(smtpAnswer({ kind: 'refused', stage, reply: read('421 Busy') })).toEqual({
      kind: 'throttled',
      detail: { code: '421', text: 'Busy' },
      isAccountThrottle: true,
    });
  });
});

describe('a mail without a reply', () => {
  it('was taken, or never left', () => {
    expect(smtpAnswer({ kind: 'accepted' })).toEqual({ kind: 'accepted', isAccountThrottle: false });
    expect(smtpAnswer({ kind: 'stopped' })).toEqual({ kind: 'notSent', isAccountThrottle: false });
  });

  it.each<[SmtpStage, string, AnswerKind]>([
    ['open', 'ECONNREFUSED', 'accountRefused'],
    ['open', 'ETIMEDOUT', 'accountRefused'],
    ['sender', 'ECONNREFUSED', 'transient'],
    ['recipient', 'ECONNRESET', 'transient'],
    ['data', 'ECONNRESET', 'transient'],
    ['body', 'ECONNRESET', 'ambiguous'],
    ['body', 'ECONNREFUSED', 'ambiguous'],
  ])('broken at stage %s by %s means %s', (stage, errorCode, kind) => {
    expect(smtpAnswer({ kind: 'broken', stage, errorCode })).toEqual({
      kind,
      detail: { code: errorCode },
      isAccountThrottle: false,
    });
  });
});
