import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNELS } from '../core/channels.js';
import { isDomainError } from '../core/errors.js';
import { escapeHeader, escapeHtml, escapeJson, escapeText, escapeUrl } from './escape.js';
import { CAMPAIGN_FIELDS, PROMOTION_FIELDS } from './fields.js';
import { checkMessage, columnsOfMessage, parseMessage, piecesOfPart, renderForMember } from './message.js';
import { createRenderer, MAX_VALUE_LENGTH } from './renderer.js';
import { STARTER_TEMPLATES } from './starter-templates.js';

const COMMON = { 'promotion.name': '双11', 'campaign.name': 'Autumn' };
const COMMON_NAMES = Object.keys(COMMON);
const anyText = fc.string({ unit: 'binary', maxLength: 50 });

describe('a message', () => {
  it('is rendered with the values of its member', () => {
    const parsed = checkMessage(
      'app',
      {
        title: '{{promotion.name}}',
        body: '{{member.name|朋友}}: {{member.points}} points in {{member.attributes.city|your city}}',
        link: 'https://shop.example/p?m={{member.id}}',
      },
      COMMON_NAMES,
    );
    const member = { memberId: 'M 1&', name: '李伟', points: 1_200, attributes: { city: '杭州' } };
    expect(renderForMember(parsed, member, COMMON)).toEqual({
      title: '双11',
      body: '李伟: 1200 points in 杭州',
      link: 'https://shop.example/p?m=M%201%26',
    });
    expect(columnsOfMessage(parsed)).toEqual(['name', 'points', 'attributes', 'memberId']);
  });

  it.each([
    [{ name: null }, '朋友'],
    [{ name: '' }, '朋友'],
    [{}, '朋友'],
    [{ name: '{{secret}} {{member.points}}' }, '{{secret}} {{member.points}}'],
    [{ name: '李\u0000\u0007伟\r\n' }, '李伟\n'],
  ])('with the member %j reads %j', (member, text) => {
    const parsed = parseMessage({ body: '{{member.name|朋友}}' }, []);
    expect(renderForMember(parsed, member, {}).body).toBe(text);
  });

  it('never shows "null", "undefined" or "[object Object]"', () => {
    const parsed = parseMessage({ body: '<{{member.attributes.x}}>' }, []);
    for (const x of [null, undefined, {}, [], NaN, Infinity]) {
      expect(renderForMember(parsed, { attributes: { x } }, {}).body).toBe('<>');
    }
    for (const attributes of [null, 'x', 5, { __proto__: { x: 1 } }]) {
      expect(renderForMember(parsed, { attributes: attributes as null }, {}).body).toBe('<>'); // hostile on purpose
    }
    const own = parseMessage({ body: '{{member.attributes.constructor}}{{member.attributes.__proto__}}' }, []);
    expect(renderForMember(own, { attributes: {} }, {}).body).toBe('');
  });

  it('cuts a value that is too long, between characters', () => {
    const parsed = parseMessage({ body: '{{member.name}}' }, []);
    expect(renderForMember(parsed, { name: '券'.repeat(5_000) }, {}).body).toHaveLength(MAX_VALUE_LENGTH);
    expect(renderForMember(parsed, { name: `a${'😀'.repeat(5_000)}` }, {}).body).toHaveLength(MAX_VALUE_LENGTH - 1);
  });

  it.each([
    ['sms', { body: 'x', subject: 's' }],
    ['email', { body: 'x' }],
    ['sms', { body: '  ' }],
    ['app', { body: 'x', title: 'a\nb' }],
    ['app', { body: 'x', link: 'javascript:alert(1)' }],
    ['app', { body: 'x', link: 'https://{{member.name}}/a' }],
    ['app', { body: 'x', link: 'https://shop.example{{member.name}}/a' }],
    ['app', { body: 'x', link: 'https://user@{{member.name}}/a' }],
    ['sms', { body: '{{campaign.nam}}' }],
  ] as const)('by %s of %j is refused', (channel, message) => {
    expect(() => checkMessage(channel, message, COMMON_NAMES)).toThrow(
      expect.toSatisfy((error: unknown) => isDomainError(error, 'INVALID_TEMPLATE')),
    );
  });

  it('escapes by context, whatever the value', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(escapeHtml(value)).not.toMatch(/[<>"'`]/);

        expect(escapeHeader(value)).not.toMatch(/[\u0000-\u001f\u007f\u2028\u2029]/);
        expect(escapeUrl(value)).toMatch(/^[A-Za-z0-9_.~%-]*$/);
        expect(JSON.parse(`"${escapeJson(value)}"`)).toBe(value);

        expect(escapeText(value)).not.toMatch(/[\u0000-\u0008\r\u007f]/);
      }),
    );
  });

  it('stays one JSON string whatever text and values hold', () => {
    fc.assert(
      fc.property(anyText, anyText, (literal, name) => {
        const text = literal.replaceAll('{', '(');
        const parsed = parseMessage({ body: `${text}{{member.name}}` }, []);
        const pieces = piecesOfPart(parsed, 'body', { commonFields: {}, outer: escapeJson });
        const json = createRenderer(['"', ...pieces, '"']).over({ name: [name] })(0);
        expect(JSON.parse(json)).toBe(text + escapeText(name));
      }),
    );
  });

  it('takes everything for HTML when a text is shown as HTML', () => {
    const parsed = parseMessage({ body: 'a < b {{member.name}}' }, []);
    const pieces = piecesOfPart(parsed, 'body', { commonFields: {}, inner: escapeHtml });
    expect(createRenderer(pieces).over({ name: ['<script>'] })(0)).toBe('a &lt; b &lt;script&gt;');
  });
});

describe('the starter templates', () => {
  it('pass the check of their channel with the fields of a promotion', () => {
    for (const { channel, message } of STARTER_TEMPLATES) {
      expect(() => checkMessage(channel, message, [...PROMOTION_FIELDS, ...CAMPAIGN_FIELDS])).not.toThrow();
    }
  });

  it('cover every channel in both languages', () => {
    const covered = new Set(STARTER_TEMPLATES.map(({ channel, language }) => `${channel} ${language}`));
    expect(covered.size).toBe(CHANNELS.length * 2);
    expect(new Set(STARTER_TEMPLATES.map(({ id }) => id)).size).toBe(STARTER_TEMPLATES.length);
  });
});
