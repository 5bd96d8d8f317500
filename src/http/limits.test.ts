import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

let fixture: HttpFixture;
beforeAll(async () => {
  fixture = await httpFixture();
});
afterAll(() => fixture.remove());

const refusalOf = async (method: 'GET' | 'POST', url: string, body?: string): Promise<unknown> => {
  const headers = { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) };
  const answer = await fixture.app.inject({ method, url, headers, ...(body !== undefined && { payload: body }) });
  return answer.statusCode < 400 ? answer.statusCode : answer.json<{ code: string }>().code;
};
const campaignTo = (filter: string): string =>
  `{"name":"x","audience":{"kind":"filter","filter":${filter}},"channels":[{"channel":"inbox","message":{"title":"x","body":"x"}}]}`;
const LEAF = '{"field":"tag","equals":"a"}';
const terms = (count: number): string => `{"or":[${Array(count).fill(LEAF).join()}]}`;

it.each<[string, 'GET' | 'POST', string, string | undefined, string]>([
  ['a body over a mebibyte', 'POST', '/v1/members/count', `{"where":"${'x'.repeat(1_100_000)}"}`, 'BODY_TOO_LARGE'],
  [
    'a filter of a megabyte as text',
    'POST',
    '/v1/members/count',
    `{"where":"${'x'.repeat(1_000_000)}"}`,
    'INVALID_INPUT',
  ],
  [
    'a filter of a million terms as text',
    'POST',
    '/v1/campaigns',
    campaignTo(`"${'a or '.repeat(1_000_000)}a"`),
    'INVALID_FILTER',
  ],
  ['a filter of half a million terms as tree', 'POST', '/v1/campaigns', campaignTo(terms(500_000)), 'INVALID_FILTER'],
  ['a filter of 30,000 terms', 'POST', '/v1/members/count', `{"filter":${terms(30_000)}}`, 'INVALID_FILTER'],
  [
    'a filter nested 30 deep',
    'POST',
    '/v1/members/count',
    `{"filter":${'{"not":'.repeat(30)}${LEAF}${'}'.repeat(30)}}`,
    'INVALID_FILTER',
  ],
  [
    'a body nested deeper than any of ours',
    'POST',
    '/v1/members/count',
    `{"filter":${'['.repeat(500_000)}`,
    'INVALID_INPUT',
  ],
  ['a page of more than 200', 'GET', '/v1/members?limit=201', undefined, 'INVALID_INPUT'],
  [
    'a list of more than 100,000 members',
    'POST',
    '/v1/campaigns',
    `{"name":"x","audience":{"kind":"list","memberIds":[${Array(100_001).fill('"m"').join()}]},"channels":[]}`,
    'INVALID_INPUT',
  ],
  [
    'a template over its size',
    'POST',
    '/v1/campaigns',
    campaignTo(LEAF).replace('"body":"x"', `"body":"${'x'.repeat(70_000)}"`),
    'INVALID_INPUT',
  ],
  [
    'more receipts than a request may bring',
    'POST',
    '/v1/receipts',
    `{"receipts":[${Array(1_001).fill('{"reference":"x","outcome":"delivered"}').join()}]}`,
    'INVALID_INPUT',
  ],
])('refuses %s', async (_, method, url, body, code) => {
  expect(await refusalOf(method, url, body)).toBe(code);
});

it('stays reachable while somebody sends the largest of them', async () => {
  const attack = Array.from({ length: 8 }, () => refusalOf('POST', '/v1/campaigns', campaignTo(terms(500_000))));
  expect(await refusalOf('GET', '/healthz')).toBe(200);
  expect(await Promise.all(attack)).toEqual(Array(8).fill('INVALID_FILTER'));
  expect(await refusalOf('GET', '/healthz')).toBe(200);
});
