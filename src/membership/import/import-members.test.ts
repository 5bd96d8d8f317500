import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../../test/support/membership.js';
import { guardFormula } from '../../core/formula-guard.js';
import { EVERYBODY } from '../../core/member-filter.js';
import { findMember } from '../find-member.js';
import type { Member } from '../member.js';
import { readRegion } from '../phone-number.js';
import { countMembers } from '../scan-members.js';
import { importMembers, type ImportResult } from './import-members.js';
import type { ImportSettings, Reject } from './import-settings.js';
import { rejectsCsv } from './rejects-file.js';

let membership: TemporaryMembership;
let rejects: Reject[];
beforeEach(async () => {
  membership = await temporaryMembership();
  rejects = [];
});
afterEach(() => membership.remove());

function importFile(
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  settings: Partial<ImportSettings> = {},
  signal?: AbortSignal,
): Promise<ImportResult> {
  const isWhole = typeof content === 'string' || content instanceof Uint8Array;
  return importMembers(membership.deps, {
    settings: { format: 'csv', ...settings },
    input: isWhole ? Readable.from([Buffer.from(content)]) : content,
    onRejects: async (found) => {
      rejects.push(...found);
    },
    signal,
  });
}

const member = (id: string): Promise<Member> => findMember(membership, { memberId: membership.id(id) });
const counts = (result: ImportResult) => [result.created, result.updated, result.unchanged, result.rejected];

const FULL = [
  '\ufeffmemberId,name,level,points,activeDays,lastActiveAt,tags,timeZone,locale,email,phone,pushToken,pushPlatform,consent.sms,consent.sms.at,consent.sms.source,attributes.city',
  'm-1,"李伟\r\n".trim,3,1200,14,2026-10-01T08:00:00+08:00,"vip, new",Asia/Shanghai,zh-CN,LI@Example.com,+8613812345678,tok-1,ios,granted,2026-09-01T00:00:00Z,web,上海',
  '"m-2","O\'Neil, ""Al""",,,,,,,,,,,,,,,',
]
  .join('\r\n')
  .replace('"李伟\r\n".trim', '李伟');

describe('importing CSV', () => {
  it('takes every field, quotes, a BOM and CRLF', async () => {
    expect(await importFile(FULL)).toEqual({ created: 2, updated: 0, unchanged: 0, rejected: 0, ignoredColumns: [] });
    expect(await member('m-1')).toMatchObject({
      name: '李伟',
      level: 3,
      points: 1200,
      activeDays: 14,
      lastActiveAt: Date.parse('2026-10-01T00:00:00Z'),
      tags: ['new', 'vip'],
      timeZone: 'Asia/Shanghai',
      locale: 'zh-CN',
      email: 'li@example.com',
      phone: '+8613812345678',
      pushToken: 'tok-1',
      pushPlatform: 'ios',
      consent: { sms: { state: 'granted', at: Date.parse('2026-09-01T00:00:00Z'), source: 'web' } },
      attributes: { city: '上海' },
    });
    expect(await member('m-2')).toMatchObject({ name: 'O\'Neil, "Al"', level: 0, tags: [], email: null, consent: {} });
    expect(await membership.differences()).toEqual([]);
  });

  it('changes nothing the second time, and says so', async () => {
    await importFile(FULL);
    expect(counts(await importFile(FULL))).toEqual([0, 0, 2, 0]);
  });

  it('renews the columns a file has and keeps the others', async () => {
    await importFile(FULL);
    const nightly = 'Member ID,LEVEL,points,active_days,tags\nm-1,4,1300,15,vip\nm-3,1,1,1,\n';
    expect(counts(await importFile(nightly))).toEqual([1, 1, 0, 0]);
    expect(await member('m-1')).toMatchObject({
      level: 4,
      points: 1300,
      tags: ['vip'],
      name: '李伟',
      email: 'li@example.com',
    });
    expect(await membership.differences()).toEqual([]);
  });

  it('rejects bad rows with line, column and reason, and nothing else of the person', async () => {
    const file = [
      'memberId,email,phone,points,attributes.note',
      'm-1,ok@example.com,+8613812345678,1,"quoted',
      'newline"',
      'm-2,not-an-address,+8613812345678,1,x',
      'm-3,a@example.com,12345,1,x',
      ',b@example.com,,1,x',
      'm-4,c@example.com,,many,x',
      'm-5,d@example.com,,1,x,unexpected',
      'm-6,"e@example.com" ,,1,x',
      'm-7,f@example.com,,-1,x',
      'm-8,g@example.com,,2,x',
    ].join('\n');
    const result = await importFile(file);
    expect(counts(result)).toEqual([2, 0, 0, 7]);
    expect(rejects.sort((left, right) => left.line - right.line)).toEqual([
      { line: 4, column: 'email', reason: 'is not an e-mail address', memberId: 'm-2' },
      {
        line: 5,
        column: 'phone',
        reason: expect.stringContaining('not in international format') as string,
        memberId: 'm-3',
      },
      { line: 6, column: 'memberId', reason: 'is missing', memberId: null },
      { line: 7, column: 'points', reason: 'must be a whole number from 0 to 9007199254740991', memberId: 'm-4' },
      { line: 8, column: '', reason: 'has 6 columns where the header has 5', memberId: null },
      { line: 9, column: '', reason: expect.stringContaining('closing quote') as string, memberId: null },
      { line: 10, column: 'points', reason: expect.stringContaining('whole number') as string, memberId: 'm-7' },
    ]);
    const text = rejectsCsv(rejects);
    for (const secret of ['not-an-address', '12345', 'example.com', 'many']) expect(text).not.toContain(secret);
    expect(text.split('\r\n')[0]).toBe('4,email,is not an e-mail address,m-2');
  });

  it('maps columns by name, leaves out what it is told to, and names what it does not know', async () => {
    const result = await importFile('No,Mail,Rank,Shoe,email\n1,a@example.com,3,38,old@example.com\n', {
      map: { No: 'memberId', Mail: 'email', Shoe: 'attributes.shoe', email: '-' },
    });
    expect(result.ignoredColumns).toEqual(['Rank', 'email']);
    expect(await member('1')).toMatchObject({ email: 'a@example.com', attributes: { shoe: '38' }, level: 0 });
  });

  it.each([
    ['name,email\nx,y\n', {}, 'no column for memberId'],
    ['', {}, 'empty'],
    ['id\n1\n', { map: { id: 'membrId' } }, 'did you mean memberId'],
    ['id\n1\n', { map: { idd: 'memberId' } }, 'no column "idd"; did you mean id?'],
    ['memberId,email,E-Mail\n1,,\n', {}, 'both go to email'],
    ['"memberId,email\n', {}, 'header'],
  ])('refuses a file it cannot read: %j', async (content, settings, message) => {
    await expect(importFile(content, settings)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(importFile(content, settings)).rejects.toThrow(message);
    expect(await countMembers(membership, EVERYBODY)).toBe(0);
  });

  it('undoes the apostrophes of our own exports', async () => {
    const names = ['=1+1', "'=x", '@you', '-', "'quoted"];
    const rows = names.map((name, index) => `m-${index},"${guardFormula(name)}"`).join('\n');
    await importFile(`memberId,name\n${rows}\n`);
    for (const [index, name] of names.entries()) expect((await member(`m-${index}`)).name).toBe(name);
  });

  it('reads other encodings and says when bytes are no text', async () => {
    const gb18030 = Buffer.from([...Buffer.from('memberId,name\nm-1,'), 0xc0, 0xee, 0xce, 0xb0, 0x0a]);
    expect(counts(await importFile(gb18030, { encoding: 'gb18030' }))).toEqual([1, 0, 0, 0]);
    expect((await member('m-1')).name).toBe('李伟');
    expect(counts(await importFile(gb18030))).toEqual([0, 0, 0, 1]);
    expect(rejects).toEqual([{ line: 2, column: '', reason: 'is not utf-8 text', memberId: null }]);
  });

  it('reads phone numbers of the default region', async () => {
    await importFile('memberId,phone\nm-1,138 1234 5678\n', { defaultRegion: readRegion('CN') });
    expect((await member('m-1')).phone).toBe('+8613812345678');
  });
});

describe("importing Shopify's customer export", () => {
  const HEADER =
    'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags';
  const row = (id: string, email: string, consent: string): string =>
    `'${id},Ada,Lovelace,${email},${consent},Engines Ltd,1 Main St,,London,,GB,W1,,'+447700900123,no,1240.50,7,"two\nlines",no,"vip, press"`;

  it('recognises its layout', async () => {
    const result = await importFile(
      `${HEADER}\n${row('7210448301122', 'ada@example.com', 'yes')}\n'7210448301123,伟,李,,no,,,,上海,,CN,,,,no,0.00,0,,yes,\n`,
    );
    expect(counts(result)).toEqual([2, 0, 0, 0]);
    expect(result.ignoredColumns).toEqual([
      'Default Address Address1',
      'Default Address Address2',
      'Default Address Phone',
      'Note',
    ]);
    expect(await member('7210448301122')).toMatchObject({
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      phone: '+447700900123',
      tags: ['press', 'vip'],
      consent: { email: { state: 'granted', at: null }, sms: { state: 'unset' } },
      attributes: {
        company: 'Engines Ltd',
        city: 'London',
        country: 'GB',
        zip: 'W1',
        totalSpent: 1240.5,
        totalOrders: 7,
        taxExempt: false,
      },
    });
    expect(await member('7210448301123')).toMatchObject({
      name: '李伟',
      attributes: { city: '上海', taxExempt: true },
    });
  });

  it('takes consent back on no, gives it again on yes, and never lifts a refusal', async () => {
    const state = async () => (await member('1')).consent.email?.state;
    for (const [consent, expected] of [
      ['yes', 'granted'],
      ['no', 'unset'],
      ['yes', 'granted'],
    ] as const) {
      await importFile(`${HEADER}\n${row('1', 'ada@example.com', consent)}\n`);
      expect(await state()).toBe(expected);
    }
    await membership.put('1', {
      consent: { email: { state: 'denied', at: '2026-01-01T00:00:00Z', source: 'unsubscribed' } },
    });
    await importFile(`${HEADER}\n${row('1', 'ada@example.com', 'yes')}\n`);
    expect(await state()).toBe('denied');
  });
});

describe('importing NDJSON', () => {
  it('takes objects, nested consent and attributes, and leaves out unknown keys', async () => {
    const lines = [
      {
        memberId: 'm-1',
        level: 2,
        tags: ['b', 'a'],
        consent: { email: 'granted', app: { state: 'denied', at: '2026-01-01T00:00:00Z' } },
        attributes: { a: [1, { b: null }], c: 'x' },
        shoe: 3,
      },
      { memberId: 'm-1', attributes: { c: null, d: true }, name: null },
      { memberId: 5, 'consent.sms': 'granted' },
    ].map((line) => JSON.stringify(line));
    const result = await importFile(
      [...lines, '', '{"memberId":', '[]', '{"memberId":"m-3","level":"x"}'].join('\r\n'),
      { format: 'ndjson' },
    );
    expect(counts(result)).toEqual([2, 0, 1, 3]);
    expect(result.ignoredColumns).toEqual(['shoe']);
    expect(await member('m-1')).toMatchObject({
      level: 2,
      tags: ['a', 'b'],
      attributes: { a: [1, { b: null }], d: true },
    });
    expect((await member('5')).consent.sms?.state).toBe('granted');
    expect(rejects.map(({ line, column, reason, memberId }) => [line, column, reason, memberId])).toEqual([
      [5, '', 'is not JSON', null],
      [6, '', 'is not a JSON object', null],
      [7, 'level', 'must be a whole number from 0 to 255', 'm-3'],
    ]);
  });
});

describe('an import as a whole', () => {
  it('reads a file in chunks of any size', async () => {
    const bytes = Buffer.from(FULL);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (size) => {
        async function* chunks(): AsyncGenerator<Uint8Array> {
          for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
        }
        const { rejected, created, unchanged } = await importFile(chunks());
        expect([rejected, created + unchanged]).toEqual([0, 2]);
      }),
      { numRuns: 6 },
    );
  });

  it('fails with its input, and keeps what it wrote', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('memberId\nm-1\n');
      throw new Error('connection reset');
    }
    await expect(importFile(broken())).rejects.toThrow('connection reset');
  });

  it('slows its input down while its writer waits', async () => {
    const chunk = Buffer.from(`m-x,${'y'.repeat(100)}\n`.repeat(2_500)); // 256 KiB, every row of it bad
    let given = 0;
    async function* large(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('memberId,level\n');
      for (; given < 400; given++) yield chunk;
    }
    const stop = new AbortController();
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let reportFirst = (): void => {};
    const first = new Promise<void>((resolve) => (reportFirst = resolve));
    const running = importMembers(membership.deps, {
      settings: { format: 'csv' },
      input: large(),
      onRejects: () => {
        reportFirst();
        return held;
      },
      signal: stop.signal,
    });
    await first;
    for (let previous = -1; previous !== given;) {
      previous = given;
      // Time in which it could take more, and does not: that is what is looked at.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(given).toBeLessThan(60);
    stop.abort(new Error('enough'));
    letGo();
    await expect(running).rejects.toThrow('enough');
  });
});
