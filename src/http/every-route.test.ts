import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Described {
  readonly parameters?: readonly { readonly in: string }[];
  readonly requestBody?: unknown;
}

interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly described: Described;
}

/** A watched stream ends with its campaign only; it is no answer to wait for. */
const isStream = ({ path }: Operation): boolean => path.endsWith('/progress');

describe('every route of the API', () => {
  let fixture: HttpFixture;
  let operations: readonly Operation[];
  beforeEach(async () => {
    fixture = await httpFixture();
    const document = fixture.app.swagger() as unknown as { paths: Record<string, Record<string, Described>> };
    operations = Object.entries(document.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, described]) => ({
          path,
          method: method.toUpperCase() as Method,
          described,
        })),
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

  it('changes no row by reading', async () => {
    for (const id of ['a', 'b'])
      await fixture.app.inject({
        method: 'PUT',
        url: `/v1/members/${id}`,
        headers: { host: 'localhost' },
        payload: {},
      });
    const before = await fixture.rows();
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      for (const parameter of ['1', 'a', 'sms']) await send(operation, parameter, 'level = 1');
    }
    expect(await fixture.rows()).toEqual(before);
  });

  it('refuses what it does not ask for, in the query and in the body', async () => {
    const ours = operations.filter(({ path }) => path.startsWith('/v1/') && !path.startsWith('/v1/me/'));
    const ignored: string[] = [];
    for (const { method, path, described } of ours) {
      const url = path.replace(/\{[^}]+\}/g, '1');
      const ask = async (query: string, payload?: object) => {
        const headers = { host: 'localhost' };
        const answer = await fixture.app.inject({ method, url: url + query, headers, ...(payload && { payload }) });
        if (answer.statusCode !== 400) ignored.push(`${method} ${path}${query} ${JSON.stringify(payload ?? '')}`);
      };
      if (described.parameters?.every((parameter) => parameter.in !== 'query') !== false) await ask('?unasked=1');
      if (method !== 'GET' && described.requestBody === undefined) await ask('', { unasked: 1 });
    }
    expect(ignored).toEqual([]);
  });

  it('refuses a number in a path that is written otherwise than in digits', async () => {
    for (const text of ['0x1', '01', '1.0', '1e0', '%201', '+1']) {
      const answer = await fixture.app.inject({ url: `/v1/campaigns/${text}`, headers: { host: 'localhost' } });
      expect([answer.statusCode, answer.json<{ detail: string }>().detail], text).toEqual([
        400,
        'path.id: Write a whole number in digits.',
      ]);
    }
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
