import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  readApiDocument,
  type ApiDocument,
  type ApiOperation,
  type Schema,
} from '../../test/support/api/api-operations.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

/** Changes of things that people see, each with a body that is taken; `{id}` is always 1. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'POST /v1/promotions': {
    name: 'Spring',
    rule: { kind: 'directCut', cutMinor: 500 },
    currency: 'EUR',
    startsAt: '2027-06-01T00:00:00Z',
    endsAt: '2027-06-19T00:00:00Z',
  },
  'PATCH /v1/promotions/{id}': { version: 1, description: 'Better' },
  'POST /v1/campaigns': {
    name: 'First',
    audience: { kind: 'everybody' },
    channels: [{ channel: 'inbox', message: { title: 'Hi', body: 'Hi' } }],
  },
  'PATCH /v1/campaigns/{id}': { version: 1, name: 'Second' },
  'PUT /v1/members/{memberId}': { name: 'Li' },
  'PATCH /v1/members/{memberId}': { name: 'Wei' },
  'POST /v1/api-keys': { name: 'reader', scopes: ['read'] },
};
/** Set by the server alone, under names that somebody might try. */
const GUESSES = ['status', 'issued', 'sentCount', 'tenantId', 'approvedBy', 'isAdmin', 'createdBy', 'secretHash'];

let fixture: HttpFixture;
let document: ApiDocument;
beforeAll(async () => {
  fixture = await httpFixture();
  document = readApiDocument(JSON.parse(JSON.stringify(fixture.app.swagger())));
});
afterAll(() => fixture.remove());

const send = ({ method, path }: ApiOperation, body: string) =>
  fixture.app.inject({
    method: method as 'POST', // what the document says
    url: path.replace('{id}', '1').replace('{memberId}', 'li-wei'),
    headers: { host: 'localhost', 'content-type': 'application/json' },
    payload: body,
  });

const namesIn = (schema: Schema): string[] => Object.keys(document.resolve(schema)['properties'] ?? {});

it.each(Object.entries(CHANGES))('%s takes no field that is only ours to set', async (name, body) => {
  const operation = document.operations.find((each) => each.name === name);
  if (operation?.body === undefined) throw new Error(`${name} is not in the document`);
  const taken = namesIn(operation.body.schemas['application/json'] ?? {});
  const shown = document.operations
    .filter(({ path }) => path === operation.path)
    .flatMap(({ answers }) => [...answers.values()].flatMap((answer) => namesIn(answer?.schema ?? {})));
  const ours = [...new Set([...shown, ...GUESSES])].filter((field) => !taken.includes(field));
  expect(ours.length).toBeGreaterThan(GUESSES.length);
  for (const field of ours) {
    const answer = await send(operation, JSON.stringify({ ...body, [field]: 1 }));
    expect([answer.statusCode, answer.json<{ code: string }>().code], field).toEqual([400, 'INVALID_INPUT']);
  }
  for (const field of ['__proto__', 'constructor']) {
    const nested = `{"${field}": {"prototype": {"isAdmin": true}}, ${JSON.stringify(body).slice(1)}`;
    expect((await send(operation, nested)).statusCode, field).toBe(400);
  }
  expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  expect((await send(operation, JSON.stringify(body))).statusCode, 'the body itself').toBeLessThan(300);
});
