import { nearestWord } from '../../core/nearest.js';
import { DemoFailure } from '../demo-failure.js';
import type { Scenario } from '../scenario.js';
import { OPTION_TEXT } from '../text/option-text.js';
import { couponEveryone } from './coupon-everyone.js';
import { couponGroup } from './coupon-group.js';
import { flashClaim } from './flash-claim.js';
import { orderCancel } from './order-cancel.js';
import { promotionScenario } from './promotion-scenario.js';

/** Everything that the demo can play. */
export const SCENARIOS: readonly Scenario[] = [promotionScenario, couponEveryone, couponGroup, flashClaim, orderCancel];

/** @throws DemoFailure (exit code 2) that names those there are. */
export function findScenario(name: string): Scenario {
  const scenario = SCENARIOS.find((known) => known.name === name);
  if (scenario !== undefined) return scenario;
  const names = SCENARIOS.map((known) => known.name);
  throw new DemoFailure(OPTION_TEXT.scenario(name, nearestWord(name, names), names.join(', ')), 2);
}
