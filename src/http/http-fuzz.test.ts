import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Operation {
  readonly method: Method;
  readonly path: string;
}

/** A watched stream ends with its campaign only; it is no answer to wait for. */
const isStream = ({ path }: Operation): boolean => path.endsWith('/progress');

/** What a body can be made of: every name that some schema knows, with values that fit it or do not. */
const FIELD_NAMES = [
  'name',
  'version',
  'rule',
  'kind',
  'tiers',
  'scope',
  'currency',
  'startsAt',
  'endsAt',
  'audience',
  'channels',
  'channel',
  'message',
  'body',
  'filter',
  'where',
  'and',
  'or',
  'not',
  'field',
  'in',
  'equals',
  'atLeast',
  'count',
  'seed',
  'limit',
  'cursor',
  'consent',
  'attributes',
  'tags',
  'email',
  'phone',
  'level',
  'points',
  'scopes',
  'expiresAt',
  'receipts',
  'reference',
  'outcome',
  'messages',
  'messageId',
  'receipt',
  'reason',
  'announce',
  '__proto__',
  'constructor',
];
const FITTING = [
  'directCut',
  'everybody',
  'inbox',
  'sms',
  'EUR',
  '2027-03-01T00:00:00Z',
  '2099-01-01T00:00:00+14:00',
  'level',
  'tag',
  'level in (3,4)',
  '{{member.name}}',
  '-1',
  '9'.repeat(30),
  '💥',
  '\u0000',
  "' OR 1=1 --",
  '../../etc/passwd',
  'x'.repeat(3_000),
];

const leaf = fc.oneof(
  fc.constantFrom(...FITTING),
  fc.constantFrom(0, 1, -1, 3, 1.5, 2 ** 53, -(2 ** 63), 1e308, null, true, false),
  fc.string({ maxLength: 20, unit: 'binary' }),
);
const bodies = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc
    .array(fc.tuple(fc.constantFrom(...FIELD_NAMES), tie('value')), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
})).object;
const parameters = fc.constantFrom(
  '1',
  '0',
  '-1',
  'a',
  'sms',
  'promotion.created',
  'g',
  '9007199254740993',
  '%00',
  '..%2f',
  '%ff',
  '💥',
  '%27',
);

describe('the API under nonsense', () => {
  let fixture: HttpFixture;
  let operations: readonly Operation[];
  beforeEach(async () => {
    fixture = await httpFixture();
    const document = fixture.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> };
    operations = Object.entries(document.paths)
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() as Method })),
      )
      .filter((operation) => !isStream(operation));
  });
  afterEach(() => fixture.remove());

  const send = async ({ method, path }: Operation, parameter: string, body: unknown) => {
    const query = method === 'GET' ? `?where=${encodeURIComponent(JSON.stringify(body))}&cursor=${parameter}` : '';
    const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
    return fixture.app.inject({
      method,
      url: path.replace(/\{[^}]+\}/g, parameter) + query,
      headers: { host: 'localhost', ...(hasBody ? { 'content-type': 'application/json' } : {}) },
      ...(hasBody ? { payload: JSON.stringify(body) } : {}),
    });
  };

  it('never answers with a fault of its own, nor with its insides', async () => {
    expect(operations.length).toBeGreaterThan(50);
    await fc.assert(
      fc.asyncProperty(fc.nat(), parameters, bodies, async (choice, parameter, body) => {
        const operation = operations[choice % operations.length];
        if (operation === undefined) return;
        const answer = await send(operation, parameter, body);
        const place = `${operation.method} ${operation.path} ${parameter} ${JSON.stringify(body)}`;
        expect(answer.statusCode, `${place}: ${answer.body.slice(0, 500)}`).toBeLessThan(500);
        expect(answer.body, place).not.toMatch(/SQLITE|SELECT |\bat .*\.[jt]s:\d|node_modules|\/src\//);
        if (answer.statusCode >= 400 && operation.path !== '/unsubscribe') {
          expect(answer.headers['content-type'], place).toBe('application/problem+json; charset=utf-8');
        }
      }),
      { numRuns: 1_500 },
    );
    expect(fixture.logged.filter(({ event }) => event === 'http.fault')).toEqual([]);
  });

  it('changes no row by reading', async () => {
    for (const id of ['a', 'b'])
      await fixture.app.inject({
        method: 'PUT',
        url: `/v1/members/${id}`,
        headers: { host: 'localhost' },
        payload: {},
      });
    const before = rowsOf(fixture.file);
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      for (const parameter of ['1', 'a', 'sms']) await send(operation, parameter, 'level = 1');
    }
    expect(rowsOf(fixture.file)).toEqual(before);
  });

  it('says nothing of what was sent, in logs or metrics', async () => {
    const canary = 'canary-5f1e';
    for (const operation of operations) {
      await send(operation, canary, { name: canary, email: canary, where: canary, [canary]: canary });
      await send({ ...operation, path: `${operation.path}/${canary}` }, '1', { body: canary });
    }
    const metrics = await fixture.app.inject({ url: '/metrics', headers: { host: 'localhost' } });
    expect(metrics.body).not.toContain(canary);
    await expect.poll(() => fixture.logged.length).toBe(operations.length * 2 + 1);
    expect(JSON.stringify(fixture.logged)).not.toContain(canary);
  });
});

/** Every row of every table, as text. */
function rowsOf(file: string): Record<string, string> {
  const database = new Database(file, { readonly: true });
  const tables = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const rows = tables.map((table): [string, string] => {
    const identifier = table.replaceAll('"', '""');
    const statement = database.prepare(['SELECT * FROM "', identifier, '"'].join(''));
    return [table, JSON.stringify(statement.all())];
  });
  database.close();
  return Object.fromEntries(rows);
}
