import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerKind } from '../../../core/ports/provider.js';
import { httpProviderSchema } from '../../../push/config/http-provider-config.js';
import type { VendorResponse } from './http-transport.js';
import { AnswerReader, defaultKind, parseRetryAfter, type ReadAnswers } from './read-answers.js';

const NOW_MS = Date.parse('2027-11-11T00:00:00Z');

function readerOf(answers: unknown): AnswerReader {
  const config = httpProviderSchema.parse({
    kind: 'http',
    url: 'https://vendor.example/',
    body: { items: '{{items}}' },
    batch: { maxMembers: 100, item: '{{reference}}' },
    answers,
  });
  return new AnswerReader(config.answers);
}

const response = (statusCode: number, body: unknown = '', over: Partial<VendorResponse> = {}): VendorResponse => ({
  kind: 'answered',
  statusCode,
  retryAfter: undefined,
  date: undefined,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  isComplete: true,
  ...over,
});

const three = {
  count: 3,
  positions: new Map([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]),
};

const kinds = ({ answers }: ReadAnswers): AnswerKind | readonly AnswerKind[] =>
  'kind' in answers ? answers.kind : answers.map(({ kind }) => kind);

describe('a status without a word about the members', () => {
  it.each([
    [200, 'accepted', 'accepted'],
    [202, 'accepted', 'accepted'],
    [302, 'accountRefused', 'accountRefused'],
    [400, 'messageRefused', 'accountRefused'],
    [401, 'accountRefused', 'accountRefused'],
    [402, 'accountRefused', 'accountRefused'],
    [403, 'accountRefused', 'accountRefused'],
    [404, 'accountRefused', 'accountRefused'],
    [408, 'ambiguous', 'ambiguous'],
    [409, 'ambiguous', 'ambiguous'],
    [410, 'accountRefused', 'accountRefused'],
    [413, 'messageRefused', 'accountRefused'],
    [422, 'messageRefused', 'accountRefused'],
    [425, 'transient', 'transient'],
    [429, 'throttled', 'throttled'],
    [500, 'ambiguous', 'ambiguous'],
    [503, 'ambiguous', 'ambiguous'],
  ] as const)('%i means %s for one member, %s for many', (status, one, many) => {
    const reader = readerOf({});
    expect(kinds(reader.read(response(status), { count: 1, positions: undefined }, NOW_MS))).toBe(one);
    expect(kinds(reader.read(response(status), three, NOW_MS))).toBe(many);
  });

  it('never fails a member or drops an address of a batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.integer({ min: 2, max: 1_000 }), (status, count) => {
        expect(['accountRefused', 'throttled', 'transient', 'ambiguous']).toContain(defaultKind(status, count));
      }),
    );
  });

  it('means what the settings declare', () => {
    const reader = readerOf({
      statuses: { '503': 'transient', '4xx': 'messageRefused', '401': 'accountRefused', '202': 'ambiguous' },
    });
    for (const [status, kind] of [
      [503, 'transient'],
      [500, 'ambiguous'],
      [418, 'messageRefused'],
      [401, 'accountRefused'],
      [202, 'ambiguous'],
    ] as const) {
      expect(kinds(reader.read(response(status), three, NOW_MS))).toBe(kind);
    }
  });

  it('is ambiguous when a success breaks off', () => {
    expect(kinds(readerOf({}).read(response(200, '{"o', { isComplete: false }), three, NOW_MS))).toBe('ambiguous');
    expect(kinds(readerOf({}).read(response(403, '', { isComplete: false }), three, NOW_MS))).toBe('accountRefused');
  });
});

describe('a code of the whole request', () => {
  const reader = readerOf({
    request: { code: '/code', codes: { '0': 'accepted', '7': 'accountRefused' }, text: '/why', messageId: '/id' },
  });

  it.each([
    [200, { code: 0 }, 'accepted'],
    [200, { code: '7', why: 'no credit', id: 'x1' }, 'accountRefused'],
    [200, { code: 99 }, 'ambiguous'],
    [200, {}, 'ambiguous'],
    [200, '<html>', 'ambiguous'],
    [200, '', 'ambiguous'],
    [200, 'null', 'ambiguous'],
    [500, { code: 7 }, 'accountRefused'],
    [500, { code: 0 }, 'ambiguous'],
    [429, { code: 0 }, 'throttled'],
  ])('with status %i and body %j means %s', (status, body, kind) => {
    expect(kinds(reader.read(response(status, body), three, NOW_MS))).toBe(kind);
  });

  it('may be in errors only, where the vendor says so', () => {
    const errors = readerOf({
      request: { code: '/error/code', codes: { GONE: 'addressRefused' }, absent: 'accepted' },
    });
    const one = { count: 1, positions: undefined };
    const read = (status: number, body: unknown): unknown => kinds(errors.read(response(status, body), one, NOW_MS));
    expect(read(200, { id: 'x' })).toBe('accepted');
    expect(read(404, { error: { code: 'GONE' } })).toBe('addressRefused');
    expect(read(404, { error: {} })).toBe('accountRefused');
    expect(read(200, '<html>')).toBe('ambiguous');
    expect(read(500, {})).toBe('ambiguous');
  });

  it('keeps what the vendor said', () => {
    const { answers } = reader.read(response(200, { code: '7', why: 'no credit', id: 'x1' }), three, NOW_MS);
    expect(answers).toMatchObject({ detail: { code: '7', text: 'no credit', vendorMessageId: 'x1' } });
  });

  it('throttles the account, or one member, as the settings say', () => {
    expect(reader.read(response(429), three, NOW_MS).isAccountThrottle).toBe(true);
    expect(readerOf({ throttleSpeaksFor: 'member' }).read(response(429), three, NOW_MS).isAccountThrottle).toBe(false);
  });

  it('makes the account wait for a 503 that says for how long, and takes it for as ambiguous as any 5xx', () => {
    const reader = readerOf({});
    const away = reader.read(response(503, '', { retryAfter: '7' }), three, NOW_MS);
    expect(away).toMatchObject({ isAccountThrottle: true, retryAfterMs: 7_000, answers: { kind: 'ambiguous' } });
    expect(reader.read(response(503), three, NOW_MS).isAccountThrottle).toBe(false);
    expect(reader.read(response(502, '', { retryAfter: '7' }), three, NOW_MS).isAccountThrottle).toBe(false);
  });
});

describe('answers per member', () => {
  const members = { list: '/r', reference: '/ref', code: '/c', codes: { ok: 'accepted', bad: 'addressRefused' } };
  const ok = (ref: string): object => ({ ref, c: 'ok' });
  const bad = (ref: string): object => ({ ref, c: 'bad' });

  it.each([
    [
      [ok('c'), bad('a'), ok('b')],
      ['addressRefused', 'accepted', 'accepted'],
    ],
    [
      [ok('a'), ok('stranger')],
      ['accepted', 'ambiguous', 'ambiguous'],
    ],
    [
      [ok('a'), bad('a'), ok('b')],
      ['ambiguous', 'accepted', 'ambiguous'],
    ],
    [
      [ok('a'), ok('a'), ok('b'), { ref: 'c', c: 'odd' }],
      ['accepted', 'accepted', 'ambiguous'],
    ],
    [
      [null, 5, [], { ref: 9 }],
      ['ambiguous', 'ambiguous', 'ambiguous'],
    ],
    [[], ['ambiguous', 'ambiguous', 'ambiguous']],
    [undefined, 'ambiguous'],
    ['x', 'ambiguous'],
  ])('%j are read as %j', (r, expected) => {
    expect(kinds(readerOf({ members }).read(response(200, { r }), three, NOW_MS))).toEqual(expected);
  });

  it('found by order must be as many as were asked about', () => {
    const reader = readerOf({ members: { ...members, matchBy: 'order' } });
    const read = (list: readonly object[]): unknown => kinds(reader.read(response(200, { r: list }), three, NOW_MS));
    expect(read([ok(''), bad(''), ok('')])).toEqual(['accepted', 'addressRefused', 'accepted']);
    expect(read([ok(''), bad('')])).toBe('ambiguous');
  });

  it('may list only those refused, where the vendor says so', () => {
    const reader = readerOf({ members: { ...members, absent: 'accepted' } });
    expect(kinds(reader.read(response(200, { r: [bad('b')] }), three, NOW_MS))).toEqual([
      'accepted',
      'addressRefused',
      'accepted',
    ]);
    expect(kinds(reader.read(response(200, {}), three, NOW_MS))).toBe('accepted');
    expect(kinds(reader.read(response(200, '<html>'), three, NOW_MS))).toBe('ambiguous');
  });

  it('are one kind per member of those asked about, whatever the vendor says', () => {
    const reader = readerOf({ members });
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.jsonValue(), fc.string()), (status, body) => {
        const read = kinds(reader.read(response(status, body), three, NOW_MS));
        if (typeof read !== 'string') expect(read).toHaveLength(3);
      }),
    );
  });
});

describe('what is kept of an answer', () => {
  const members = { list: '/r', reference: '/ref', code: '/c', codes: { ok: 'accepted' }, otherwise: 'ambiguous' };
  const request = { code: '/code', codes: { '0': 'accepted', '7': 'accountRefused' }, text: '/why' };
  const codesOf = ({ answers }: ReadAnswers): unknown =>
    'kind' in answers ? answers.detail?.code : answers.map(({ detail }) => detail?.code);

  it.each<[string, unknown, VendorResponse, unknown]>([
    ['a status', {}, response(500), 'HTTP 500'],
    ['a status that the settings declare', { statuses: { '202': 'ambiguous' } }, response(202), 'HTTP 202'],
    ['a status that they declare accepted', { statuses: { '202': 'accepted' } }, response(202), undefined],
    ['a success that breaks off', {}, response(200, '{', { isComplete: false }), 'brokenAnswer'],
    ['an error that breaks off', { request }, response(500, '{"code":7}', { isComplete: false }), 'HTTP 500'],
    ['a code in an error', { request }, response(500, { code: 99 }), '99'],
    ['an error without a code', { request }, response(500, {}), 'HTTP 500'],
    ['a success without a code', { request }, response(200, {}), 'unreadableAnswer'],
    ['a truth for a code', { request }, response(200, { code: true }), 'true'],
    ['no list', { members }, response(200, {}), 'unreadableAnswer'],
    [
      'a list that is none',
      { members: { ...members, absent: 'accepted' } },
      response(200, { r: 5 }),
      'unreadableAnswer',
    ],
    ['too short a list', { members: { ...members, matchBy: 'order' } }, response(200, { r: [] }), 'wrongAnswerCount'],
    [
      'entries',
      { members },
      response(200, { r: [{ ref: 'a', c: 'ok' }, { ref: 'a', c: 'no' }, { ref: 'b' }, { ref: 7, c: 'ok' }] }),
      ['contradictoryAnswer', 'unreadableAnswer', 'noAnswerForMember'],
    ],
  ])('names %s', (_, settings, answer, expected) => {
    expect(codesOf(readerOf(settings).read(answer, three, NOW_MS))).toEqual(expected);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', undefined, 120_000],
    ['0', undefined, 0],
    ['Thu, 11 Nov 2027 00:01:00 GMT', undefined, 60_000],
    ['Thu, 11 Nov 2027 00:01:00 GMT', 'Thu, 11 Nov 2027 00:00:30 GMT', 30_000],
    ['Wed, 10 Nov 2027 00:00:00 GMT', undefined, 0],
    ['99999999', undefined, 86_400_000],
    [' 30 ', undefined, 30_000],
    ['12abc', undefined, undefined],
    ['2027-11-11T00:01:00Z', undefined, undefined],
    ['soon', undefined, undefined],
    [undefined, undefined, undefined],
    ['', undefined, undefined],
    ['-5', undefined, undefined],
  ])("%j with the vendor's date %j is %j ms", (retryAfter, date, expected) => {
    expect(parseRetryAfter({ retryAfter, date }, NOW_MS)).toBe(expected);
  });
});
