import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../core/errors.js';
import { messageFields } from './fields.js';
import { fieldNames, MAX_TEMPLATE_FIELDS, parseTemplate, type TemplateRules } from './template.js';

const rules: TemplateRules = {
  part: 'body',
  maxBytes: 65_536,
  isSingleLine: false,
  knownFields: messageFields(['promotion.name', 'campaign.name']),
};
const parse = (text: string): ReturnType<typeof parseTemplate>['segments'] => parseTemplate(text, rules).segments;

function refusal(text: string, over: Partial<TemplateRules> = {}): DomainError {
  try {
    parseTemplate(text, { ...rules, ...over });
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('The template was accepted.');
}

describe('parseTemplate', () => {
  it('separates text, fields and fallbacks', () => {
    expect(parse('你好 {{ member.name | 朋友 }}, {{member.attributes.城市}}!')).toEqual([
      '你好 ',
      { name: 'member.name', fallback: '朋友' },
      ', ',
      { name: 'member.attributes.城市', fallback: '' },
      '!',
    ]);
  });

  it('names each field once', () => {
    expect(fieldNames(parseTemplate('{{member.name}} {{campaign.name}} {{member.name|x}}', rules))).toEqual([
      'member.name',
      'campaign.name',
    ]);
  });

  it.each([
    ['{{member.nmae}}', 'member.name'],
    ['{{name}}', 'member.name'],
    ['{{member.activedays}}', 'member.activeDays'],
    ['{{promotion.nam}}', 'promotion.name'],
    ['{{member.attribute.city}}', undefined],
  ])('refuses the unknown field in %s and names the nearest known one', (text, nearest) => {
    const error = refusal(text);
    expect(error.code).toBe('INVALID_TEMPLATE');
    if (nearest !== undefined) expect(error.message).toContain(`did you mean {{${nearest}}}?`);
  });

  it.each([
    '{{',
    '{{member.name',
    'a {{b',
    '{{{member.name}}}',
    '{{}}',
    '{{7*7}}',
    '{{constructor}}',
    '{{member.__proto__}}',
  ])('refuses %s', (text) => {
    expect(refusal(text).code).toBe('INVALID_TEMPLATE');
  });

  it.each(['${7*7}', '<%= 7*7 %>', '{% for x in y %}', '#{7*7}', '{ member.name }', '}} and }', '[[${7}]]', '{'])(
    'leaves %s as text',
    (text) => {
      expect(parse(text)).toEqual([text]);
    },
  );

  it('takes escaped braces as text', () => {
    expect(parse('a \\{{ b }} c')).toEqual(['a {{ b }} c']);
  });

  it('refuses what is too long in bytes, not in characters', () => {
    expect(parse('券'.repeat(21_845))).toHaveLength(1);
    expect(refusal('券'.repeat(21_846)).values).toMatchObject({ sizeBytes: 65_538 });
  });

  it('refuses ten million characters and too many fields at once', () => {
    expect(refusal('{{'.repeat(5_000_000)).code).toBe('INVALID_TEMPLATE');
    expect(refusal('{{member.name}}'.repeat(MAX_TEMPLATE_FIELDS + 1)).message).toContain(String(MAX_TEMPLATE_FIELDS));
    expect(refusal(`{{member.name|${'x'.repeat(201)}}}`).code).toBe('INVALID_TEMPLATE');
  });

  it('refuses line breaks where a part has one line', () => {
    for (const text of ['a\nb', 'a\r\nBcc: x', 'a\u0000', '{{member.name|a\nb}}']) {
      expect(refusal(text, { isSingleLine: true }).code).toBe('INVALID_TEMPLATE');
    }
  });

  it('takes any text whose braces are escaped, unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', '券', '|', '\n', '.') }), (text) => {
        fc.pre(!text.includes('{{{'));
        expect(parse(text.replaceAll('{{', '\\{{'))).toEqual(text === '' ? [] : [text]);
      }),
    );
  });
});
