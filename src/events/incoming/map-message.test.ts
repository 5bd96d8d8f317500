import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPointer } from '../../core/json-pointer.js';
import { parseSettings } from '../../settings/parse-settings.js';
import { incomingSchema, incomingTopics } from './incoming-config.js';
import { mapMessage, misfitText, type IncomingMapping } from './map-message.js';
import { quoteLargeNumbers } from './whole-numbers.js';

const CLASSIC: IncomingMapping = {
  kind: 'member.loggedIn',
  pointers: { memberId: ['account', 'id'], at: ['loginTime'] },
};
const reasonOf = (message: unknown): string => {
  const mapped = mapMessage(CLASSIC, message);
  return mapped.kind === 'misfit' ? misfitText(mapped.misfit) : 'it fits';
};

/** A document that has `value` behind these steps, and other things around it. */
const wrap = (steps: readonly string[], value: unknown, beside: object): unknown =>
  steps.reduceRight<unknown>((inner, step) => ({ ...beside, [step]: inner }), value);

describe('a message of another system', () => {
  it('gives its fields by pointers, a number as the text of its digits', () => {
    expect(mapMessage(CLASSIC, { account: { id: 7 } })).toEqual({ kind: 'event', fields: { memberId: '7' } });
    expect(
      mapMessage(CLASSIC, { account: { id: 'li-wei' }, loginTime: '2027-01-01T08:00:00+08:00', more: [1] }),
    ).toEqual({
      kind: 'event',
      fields: { memberId: 'li-wei', at: Date.UTC(2027, 0, 1) },
    });
    expect(mapMessage(CLASSIC, { account: { id: 7 }, loginTime: null })).toMatchObject({ fields: { memberId: '7' } });
  });

  it.each([
    [{ account: {} }, '/account/id: found nothing: there is no /account/id; expected the shop'],
    [{}, '/account/id: found nothing: there is no /account; expected'],
    [{ account: { id: null } }, '/account/id: found null; expected'],
    [{ account: { id: 7.5 } }, '/account/id: found a number that is not whole or not exact; expected'],
    [{ account: { id: { phone: '13812345678' } } }, '/account/id: found an object; expected'],
    [{ account: { id: 'a\nb' } }, '/account/id: found a text; expected'],
    [{ account: { id: ' ' } }, '/account/id: found a text; expected'],
    [{ account: { id: 7 }, loginTime: 'yesterday' }, '/loginTime: found a text; expected a time with its offset'],
    [{ account: { id: 7 }, loginTime: 1_700_000_000 }, '/loginTime: found a whole number; expected a time'],
    [[{ account: { id: 7 } }], 'The message: found an array; expected a JSON object.'],
    [undefined, 'The message: found no JSON; expected a JSON object.'],
  ])('that does not fit says where, what was found and what was expected: %j', (message, reason) => {
    expect(reasonOf(message).startsWith(reason)).toBe(true);
  });

  it('keeps every digit of a long number, which JavaScript would round', () => {
    const text = '{"account":{"id":7210448301000123457},"note":"id 7210448301000123457 \\" 9","n":1.5e20}';
    const message = JSON.parse(quoteLargeNumbers(text)) as unknown;
    expect(mapMessage(CLASSIC, message)).toMatchObject({ fields: { memberId: '7210448301000123457' } });
    expect(message).toMatchObject({ note: 'id 7210448301000123457 " 9', n: 1.5e20 });
  });

  it('is read wherever the pointer leads, whatever is around it', () => {
    const step = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.oneof(fc.integer(), fc.stringMatching(/^[a-z0-9-]{1,40}$/)),
        (steps, beside, memberId) => {
          const topics = parseSettings(
            incomingSchema,
            { T: { kind: 'member.loggedIn', fields: { memberId: formatPointer(steps) } } },
            'test',
          );
          const topic = incomingTopics(topics).get('T');
          const mapped = topic && mapMessage(topic, wrap(steps, memberId, beside));
          expect(mapped).toEqual({ kind: 'event', fields: { memberId: String(memberId) } });
        },
      ),
    );
  });

  it('stays what it is but for long numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        if (/\d{16}/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ''))) return;
        expect(quoteLargeNumbers(text)).toBe(text);
      }),
    );
  });

  it('never makes the mapping throw', () => {
    fc.assert(
      fc.property(fc.anything(), (message) => {
        expect(['event', 'misfit']).toContain(mapMessage(CLASSIC, message).kind);
      }),
    );
  });
});

describe('events.incoming', () => {
  const parse = (topics: object) => () => parseSettings(incomingSchema, topics, 'fanfare.config.json');

  it.each([
    [{ T: { kind: 'member.loggedIn', fields: {} } }, /T\.fields\.memberId/],
    [{ T: { kind: 'member.loggedIn', fields: { memberId: 'account/id' } } }, /JSON pointer/],
    [{ T: { kind: 'member.loggedIn', fields: { memberId: '/id', memberID: '/id' } } }, /did you mean "memberId"/],
    [{ T: { kind: 'order.shipped', fields: {} } }, /T\.kind/],
    [{ 'promotion.created': { kind: 'member.loggedIn', fields: { memberId: '/id' } } }, /nothing comes in/],
    [{ 'a b': { kind: 'member.loggedIn', fields: { memberId: '/id' } } }, /a b: a topic has/],
  ])('refuses what cannot work: %j', (topics, reason) => {
    expect(parse(topics)).toThrow(reason);
  });
});
