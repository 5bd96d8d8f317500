import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Operation {
  readonly method: Method;
  readonly path: string;
}

/** A watched stream ends with its campaign only; it is no answer to wait for. */
const isStream = ({ path }: Operation): boolean => path.endsWith('/progress');

describe('every route of the API', () => {
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
