import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/access/scope.js';
import {
  CAMPAIGN_CLASSES,
  CAMPAIGN_PAUSE_REASONS,
  CAMPAIGN_STATES,
  CHANNEL_PAUSE_REASONS,
  CHANNEL_POLICIES,
} from '../../src/campaign/campaign.js';
import { COUPON_ISSUES, COUPON_STACKINGS, COUPON_STATES } from '../../src/coupon/coupon.js';
import { ISSUE_RUN_STATES } from '../../src/coupon/issue/issue-run.js';
import { CLAIM_OUTCOMES } from '../../src/coupon/claim/decide-claim.js';
import { ORDER_STATES } from '../../src/coupon/order/coupon-order.js';
import { GRANT_MOVE_NAMES, MOVE_CAUSES } from '../../src/coupon/grant/grant-moves.js';
import { LOCK_REFUSALS } from '../../src/coupon/order/lock-coupons.js';
import { HOLDINGS } from '../../src/coupon/order/order-view.js';
import { QUOTE_REASONS } from '../../src/coupon/quote/quote.js';
import { CHANNELS } from '../../src/core/channels.js';
import { ANSWER_KINDS } from '../../src/core/ports/provider.js';
import { OUTCOME_CLASSES, OUTCOME_NAMES } from '../../src/ledger/cell-code.js';
import { DELIVERY_MODES } from '../../src/ledger/cell-moves.js';

const page = readFileSync(new URL('../../docs/GLOSSARY.md', import.meta.url), 'utf8');

describe('docs/GLOSSARY.md', () => {
  it.each(
    Object.entries({
      channels: CHANNELS,
      'states of a campaign': [...CAMPAIGN_STATES, 'paused'],
      'reasons of a pause': [...CAMPAIGN_PAUSE_REASONS, ...CHANNEL_PAUSE_REASONS],
      'classes of a campaign': CAMPAIGN_CLASSES,
      policies: CHANNEL_POLICIES,
      'delivery modes': DELIVERY_MODES,
      'answers of a vendor': ANSWER_KINDS,
      outcomes: [...OUTCOME_NAMES, 'pending', 'inFlight'],
      scopes: SCOPES,
      'states, issues and stackings of a coupon': [...COUPON_STATES, ...COUPON_ISSUES, ...COUPON_STACKINGS],
      'states of an issue run': ISSUE_RUN_STATES,
      'answers to a claim': CLAIM_OUTCOMES,
      'states of an order, and what it has of a coupon': [...ORDER_STATES, ...HOLDINGS],
      'moves of a grant, and why': [...GRANT_MOVE_NAMES, 'conflict', ...MOVE_CAUSES],
      'reasons why a lock is refused': LOCK_REFUSALS,
      'reasons of a quote': QUOTE_REASONS,
    }),
  )('has all %s', (_, names) => {
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('gives each outcome its class', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (pending|sent|failed|unknown|suppressed) +\|/gm)];
    expect(rows.map(([, name]) => name).sort()).toEqual([...OUTCOME_NAMES, 'pending', 'inFlight'].sort());
    expect(new Set(rows.map(([, , outcomeClass]) => outcomeClass))).toEqual(new Set(OUTCOME_CLASSES));
  });

  it('names no state, outcome or reason that does not exist', () => {
    const tables = page.split(/^(?=States of|Reasons of|Delivery modes|Answers of|Outcomes)/m).slice(1);
    const known = new Set<string>([
      ...CAMPAIGN_STATES,
      'paused',
      ...CAMPAIGN_PAUSE_REASONS,
      ...CHANNEL_PAUSE_REASONS,
      ...DELIVERY_MODES,
      ...ANSWER_KINDS,
      ...OUTCOME_NAMES,
      'pending',
      'inFlight',
    ]);
    const named = tables.flatMap((table) =>
      [...(table.split(/^## /m)[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
    );
    expect(named.filter((name) => name !== undefined && !known.has(name))).toEqual([]);
  });
});
