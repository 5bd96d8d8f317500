import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { httpFixture } from '../../test/support/http-fixture.js';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses: Record<string, unknown>;
}

it('describes every route in a valid OpenAPI 3.1 document', async () => {
  const documented = new Set<string>();
  const fixture = await httpFixture();
  const document = (await fixture.app.inject({ url: '/v1/openapi.json', headers: { host: 'localhost' } })).json<{
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  }>();
  expect(document.openapi).toBe('3.1.0');
  const result = await new Validator().validate(structuredClone(document));
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
    'GET /v1/openapi.json',
    'GET /',
    'GET /json',
    'GET /yaml',
  ]);
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
