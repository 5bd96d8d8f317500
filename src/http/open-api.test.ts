import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { asyncApiDocument } from '../events/async-api.js';
import { httpFixture } from '../../test/support/http-fixture.js';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Record<string, { readonly description: string; readonly content?: object }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

it('describes every route in a valid OpenAPI 3.1 document', async () => {
  const documented = new Set<string>();
  const fixture = await httpFixture();
  const document = (
    await fixture.app.inject({ url: '/v1/openapi.json', headers: { host: 'localhost' } })
  ).json<Document>();
  expect(document.openapi).toBe('3.1.0');
  const alias = await fixture.app.inject({ url: '/openapi.json', headers: { host: 'localhost' } });
  expect(alias.json()).toEqual(document);
  const result = await new Validator().validate({ ...structuredClone(document) });
  expect(result.errors ?? []).toEqual([]);
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      documented.add(`${method.toUpperCase()} ${path}`);
      expect(operation.summary, `${method} ${path}`).toBeTruthy();
      expect(operation.tags?.length, `${method} ${path}`).toBe(1);
      expect(operation.responses).toHaveProperty('default');
    }
  }
  const hidden = fixture.routes.filter(
    (route) => !route.startsWith('HEAD') && !documented.has(route.replace(/:(\w+)/g, '{$1}')),
  );
  expect(hidden.filter((route) => !route.startsWith('GET /static'))).toEqual([
    'GET /v1/asyncapi.json',
    'GET /v1/openapi.json',
    'GET /openapi.json',
    'GET /',
    'GET /json',
    'GET /yaml',
  ]);
  await fixture.remove();
});

it('says of every operation how it answers, who is recorded, and when a body may be left out', async () => {
  const fixture = await httpFixture();
  const document = fixture.app.swagger() as unknown as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
  for (const { name, responses } of operations) {
    const answered = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    expect(answered.length, name).toBeGreaterThan(0);
    for (const [status, { description, content }] of answered) {
      expect(description, name).not.toBe('Default Response');
      if (status !== '204') expect(Object.keys(content ?? {}), name).toHaveLength(1);
    }
  }
  const names = (has: (operation: Operation) => boolean): string[] =>
    operations
      .filter(has)
      .map(({ name }) => name)
      .sort();
  expect(names(({ parameters }) => (parameters ?? []).some((each) => each.name === 'fanfare-operator'))).toEqual([
    'patch /v1/campaigns/{id}',
    'post /v1/api-keys',
    'post /v1/campaigns',
    'post /v1/campaigns/{id}/cancel',
    'post /v1/campaigns/{id}/channels/{channel}/pause',
    'post /v1/campaigns/{id}/channels/{channel}/resume',
    'post /v1/campaigns/{id}/confirm',
    'post /v1/campaigns/{id}/launch',
    'post /v1/campaigns/{id}/pause',
    'post /v1/campaigns/{id}/resume',
    'post /v1/campaigns/{id}/send-again',
    'post /v1/coupons',
    'post /v1/coupons/{id}/imports',
    'post /v1/coupons/{id}/issue-runs',
    'post /v1/members/generate',
    'post /v1/members/imports',
    'post /v1/promotions',
    'put /v1/campaigns/{id}/channels/{channel}/pace',
  ]);
  expect(names(({ requestBody }) => requestBody?.required === false)).toEqual([
    'post /v1/audit',
    'post /v1/campaigns/{id}/cancel',
    'post /v1/campaigns/{id}/dry-runs',
    'post /v1/campaigns/{id}/pause',
    'post /v1/campaigns/{id}/resume',
    'post /v1/events/topics/{topic}/groups/{group}/lease',
    'post /v1/me/coupons/{id}/claims',
    'put /v1/me/inbox/read',
    'put /v1/me/inbox/{id}/read',
  ]);
  const text = JSON.stringify(document.paths) + JSON.stringify(document.components.schemas);
  for (const name of Object.keys(document.components.schemas)) {
    expect(text, name).toContain(`"#/components/schemas/${name}"`);
  }
  await fixture.remove();
});

it('serves the document of events, of its own version', async () => {
  const fixture = await httpFixture();
  const answer = await fixture.app.inject({ url: '/v1/asyncapi.json', headers: { host: 'localhost' } });
  expect(answer.headers['content-type']).toContain('application/json');
  expect(answer.json()).toEqual(asyncApiDocument('0.0.0-test'));
  await fixture.remove();
});

it('shows the reference page with nothing loaded from elsewhere', async () => {
  const fixture = await httpFixture();
  const get = (url: string) => fixture.app.inject({ url, headers: { host: 'localhost' } });
  const page = await get('/');
  expect(page.headers['content-type']).toContain('text/html');
  const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(sources.length).toBeGreaterThan(4);
  expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page.body).not.toMatch(/<style|\bon\w+=/);
  for (const source of sources) {
    const url = new URL(source, 'http://localhost/');
    expect(url.host, source).toBe('localhost');
    expect((await get(url.pathname)).statusCode, source).toBe(200);
  }
  const initializer = await get('/static/swagger-initializer.js');
  const code = initializer.body.replace(/^\s*\/\/.*$/gm, '');
  expect(code).not.toMatch(/https?:\/\//);
  await fixture.remove();
});
