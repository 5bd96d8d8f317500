import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { campaignId, ordinal } from '../core/ids.js';

describe('the unsubscribe link', () => {
  let fixture: HttpFixture;
  let link: string;
  beforeEach(async () => {
    fixture = await httpFixture({ settings: { areKeysRequired: false } });
    await inject('PUT', '/v1/members/li-wei', {
      payload: { email: 'a@example.com', consent: { email: 'granted', sms: 'granted' } },
    });
    const token = fixture.tokens.write({ ordinal: ordinal(0), channel: 'email', campaignId: campaignId(7) });
    link = `/unsubscribe?token=${token}`;
  });
  afterEach(() => fixture.remove());

  const inject = (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    options: { headers?: Record<string, string>; payload?: object | string } = {},
  ) =>
    fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost', ...options.headers },
      ...(options.payload === undefined ? {} : { payload: options.payload }),
    });
  const consent = async () =>
    (await inject('GET', '/v1/members/li-wei')).json<{ consent: Record<string, unknown> }>().consent;
  const oneClick = (url = link) =>
    inject('POST', url, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Mozilla/5.0 mail provider' },
      payload: 'List-Unsubscribe=One-Click',
    });

  it('shows a page that works, and changes nothing when it is opened', async () => {
    for (let time = 0; time < 500; time++) {
      const page = await inject('GET', link, {
        headers: {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          'accept-language': 'zh-CN',
        },
      });
      expect(page.statusCode).toBe(200);
      expect(page.body).toContain('<form method="post"><button type="submit">确认退订</button></form>');
      expect(page.body).not.toMatch(/<script|<style|src=|href=/);
      await inject('GET', link, { headers: { 'sec-fetch-site': 'none' } });
    }
    expect(await consent()).toMatchObject({ email: { state: 'granted' } });
  });

  it('unsubscribes from its channel by a post, of the button or of a mail provider, once and again', async () => {
    const first = await oneClick();
    expect([first.statusCode, first.headers.location]).toEqual([200, undefined]);
    expect(await consent()).toMatchObject({
      email: { state: 'denied', at: '2027-01-01T00:00:00.000Z', source: 'unsubscribe link, campaign 7' },
      sms: { state: 'granted' },
    });
    fixture.clock.advance(60_000);
    expect((await oneClick()).statusCode).toBe(200);
    const multipart = await inject('POST', link, {
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      payload: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    });
    expect(multipart.statusCode).toBe(200);
    expect(await consent()).toMatchObject({ email: { at: '2027-01-01T00:00:00.000Z' } });
  });

  it('gives every token that is not ours the same answer', async () => {
    const token = new URL(link, 'http://localhost').searchParams.get('token') ?? '';
    const answers = new Set<string>();
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const answer = await oneClick(`/unsubscribe?token=${changed.toString('base64url')}`);
      answers.add(`${answer.statusCode} ${answer.body}`);
    }
    for (const other of ['', 'x', token.slice(1), `${token}A`]) {
      const answer = await oneClick(`/unsubscribe?token=${other}`);
      answers.add(`${answer.statusCode} ${answer.body}`);
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('404');
    expect(await consent()).toMatchObject({ email: { state: 'granted' } });
  });

  it('still answers kindly when the member was erased', async () => {
    await inject('DELETE', '/v1/members/li-wei');
    expect((await oneClick()).statusCode).toBe(200);
  });
});
