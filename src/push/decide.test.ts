import { describe, expect, it } from 'vitest';
import { CHANNELS, channelIndex, consentBit, contactBit, FLAG_VALUES, suppressedBit } from '../core/channels.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import { chooseChannel, decideByChoice, decideFlags, decisionTable, NO_CHANNEL, SEND } from './decide.js';

const { suppressedErased, suppressedByList, suppressedNoConsent, suppressedNoContactPoint, suppressedCovered } =
  OUTCOME_CODES;

describe('deciding by flags', () => {
  it.each(CHANNELS)('gives the first reason that holds, on %s', (channel) => {
    const consent = consentBit(channel);
    const contact = contactBit(channel);
    const suppressed = suppressedBit(channel);
    const other = consentBit(channel === 'sms' ? 'email' : 'sms');
    expect(
      [
        0,
        other,
        consent,
        contact,
        consent | contact,
        consent | contact | suppressed,
        contact | suppressed,
        suppressed,
        consent | contact | other,
      ].map((flags) => decideFlags(flags, channel)),
    ).toEqual([
      suppressedErased,
      suppressedNoContactPoint,
      suppressedNoContactPoint,
      suppressedNoConsent,
      SEND,
      suppressedByList,
      suppressedByList,
      suppressedByList,
      SEND,
    ]);
  });

  it('is one look-up for every value, the same table each time', () => {
    for (const channel of CHANNELS) {
      const table = decisionTable(channel);
      expect(table).toHaveLength(FLAG_VALUES);
      expect(table.every((code, flags) => code === decideFlags(flags, channel))).toBe(true);
      expect(decisionTable(channel)).toBe(table);
    }
    expect(decisionTable('sms')).not.toEqual(decisionTable('email'));
  });
});

describe('the first channel that can reach', () => {
  const sms = consentBit('sms') | contactBit('sms');
  const email = consentBit('email') | contactBit('email');

  it('is chosen in the order of the campaign', () => {
    expect(chooseChannel(sms | email, ['email', 'sms'])).toBe(channelIndex('email'));
    expect(chooseChannel(sms | email, ['sms', 'email'])).toBe(channelIndex('sms'));
    expect(chooseChannel(sms, ['email', 'sms'])).toBe(channelIndex('sms'));
    expect(chooseChannel(sms, ['email', 'app'])).toBe(NO_CHANNEL);
  });

  it('covers the others; where none can, each says why not', () => {
    const chosen = channelIndex('sms');
    expect(decideByChoice(SEND, chosen, chosen)).toBe(SEND);
    expect(decideByChoice(suppressedByList, chosen, chosen)).toBe(suppressedByList); // opted out since it was chosen
    expect(decideByChoice(SEND, chosen, channelIndex('email'))).toBe(suppressedCovered);
    expect(decideByChoice(suppressedNoConsent, chosen, channelIndex('email'))).toBe(suppressedCovered);
    expect(decideByChoice(suppressedNoConsent, NO_CHANNEL, channelIndex('email'))).toBe(suppressedNoConsent);
    // Became reachable after it was decided that nobody could: still on no channel, as nobody is told twice.
    expect(decideByChoice(SEND, NO_CHANNEL, channelIndex('email'))).toBe(suppressedCovered);
  });
});
