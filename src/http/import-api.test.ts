import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

describe('imports over HTTP', () => {
  let fixture: HttpFixture;
  let url: string;
  beforeEach(async () => {
    fixture = await httpFixture({ settings: { maxBodyBytes: 1_024 } });
    ({ url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 }));
  });
  afterEach(() => fixture.remove());

  const upload = async (body: string, type = 'text/csv', query = '') => {
    const response = await fetch(`${url}/v1/members/imports${query}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const get = async (path: string) => (await fetch(`${url}${path}`)).text();
  const getJson = async (path: string) => JSON.parse(await get(path)) as Record<string, unknown>;

  it('takes a file larger than any JSON body, tells what became of it, and keeps the refused rows', async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => `m${index},${index % 300},名${index}`);
    const job = await upload(
      ['Kunde,level,name,shoe size', ...rows.map((row) => `${row},42`)].join('\n'),
      'text/csv; charset=utf-8',
      '?map=Kunde%3DmemberId&map=shoe+size%3D-',
    );
    expect(job).toMatchObject({
      status: 200,
      body: { id: 1, state: 'done', created: 4_296, startedBy: 'local', error: null, ignoredColumns: ['shoe size'] },
    });
    expect(await getJson('/v1/members/m1')).toMatchObject({ level: 1, name: '名1' });
    const rejects = (await get('/v1/members/imports/1/rejects.csv')).trim().split('\r\n');
    expect(rejects[0]).toBe('line,column,reason,memberId');
    expect(rejects).toHaveLength(1 + Number(job.body['rejected']));
    expect(rejects[1]).toMatch(/^258,level,.*,m256$/);
    expect((await getJson('/v1/members/imports'))['items']).toMatchObject([{ id: 1 }]);
  });

  it('takes lines of JSON, and changes nothing when they come again', async () => {
    const lines = '{"memberId":"a","level":3}\n{"memberId":"b","tags":["vip"]}\n';
    expect((await upload(lines, 'application/x-ndjson')).body).toMatchObject({ created: 2, rejected: 0 });
    expect((await upload(lines, 'application/x-ndjson')).body).toMatchObject({
      id: 2,
      created: 0,
      updated: 0,
      unchanged: 2,
    });
  });

  it('refuses other bodies, maps and columns in words', async () => {
    expect(await upload('{}', 'application/json')).toMatchObject({ status: 415 });
    expect(await upload('x', 'text/plain')).toMatchObject({ status: 415 });
    expect(await upload('a,b\n1,2', 'text/csv')).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    expect(await upload('a,b\n1,2', 'text/csv', '?map=a')).toMatchObject({
      status: 400,
      body: { values: { field: 'map' } },
    });
    expect((await upload('a\n1', 'text/csv', '?map=a%3DmemberIdd')).body['detail']).toContain('did you mean memberId?');
    expect(await upload('memberId\n1', 'text/csv', '?map=b%3Dname')).toMatchObject({ status: 400 });
    expect((await upload('memberId\n1')).body).toMatchObject({ state: 'done', created: 1 });
  });

  it('runs one at a time, can be watched meanwhile, and keeps what was written when the upload breaks off', async () => {
    const slow = httpRequest(`${url}/v1/members/imports`, { method: 'POST', headers: { 'content-type': 'text/csv' } });
    slow.on('error', () => undefined);
    slow.write('memberId,level\n' + Array.from({ length: 3_000 }, (_, index) => `s${index},1\n`).join(''));
    await expect
      .poll(async () => (await getJson('/v1/members/imports'))['items'])
      .toMatchObject([{ state: 'running' }]);
    const refused = await upload('memberId\n1');
    expect(refused).toMatchObject({ status: 409, body: { code: 'JOB_RUNNING', values: { jobId: 1 } } });
    expect(refused.body['detail']).toContain('GET /v1/members/imports/1 shows how far it is');

    const stream = await fetch(`${url}/v1/members/imports/1/progress`);
    const closed = new Promise((resolve) => slow.once('close', resolve));
    slow.destroy();
    await closed;
    await expect.poll(async () => (await getJson('/v1/members/imports/1'))['state']).toBe('failed');
    fixture.clock.advance(250);
    const events = await stream.text();
    expect(events).toContain('"state":"running"');
    expect(events).toContain('"state":"failed"');
    expect((await upload('memberId\n1')).body).toMatchObject({ id: 2, state: 'done' });
  });

  it('leaves no trace of an erased member in the files of refused rows', async () => {
    await upload('memberId,level\ncanary-7,1\n');
    await upload('memberId,level\ncanary-7,999\n');
    const rejects = join(fixture.folder, 'rejects');
    expect(readFileSync(join(rejects, 'import-2-rejects.csv'), 'utf8')).toContain('canary-7');
    expect(statSync(join(rejects, 'import-2-rejects.csv')).mode & 0o077).toBe(0);
    expect((await fetch(`${url}/v1/members/canary-7`, { method: 'DELETE' })).status).toBe(204);
    const files = readdirSync(fixture.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(await fixture.kept()).not.toContain('canary-7');
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name)).includes('canary-7'), name).toBe(false);
    }
    expect((await getJson('/v1/members/imports/2/rejects.csv'))['code']).toBe('NOT_FOUND');
  });
});
