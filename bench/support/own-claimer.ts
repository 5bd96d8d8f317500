#!/usr/bin/env node
/**
 * Claims over an engine of its own until it is killed; prints the coupon, and then each member that was answered
 * "granted". own-claimer.js FOLDER CALLERS MEMBERS
 */
import { ordinal } from '../../src/core/ids.js';
import { withCleanUp } from './clean-up.js';
import { openEngine } from './cluster-node.js';
import { addClaimants, makeCoupon } from './coupons.js';

const [dataFolder = '', callers = '1', members = '1'] = process.argv.slice(2);
await withCleanUp(async (cleanUp) => {
  const { engine } = await openEngine({ channels: {}, dataFolder }, cleanUp);
  await addClaimants(engine, Number(members));
  const id = await makeCoupon(engine, { issue: 'selfClaim', stock: 1_000_000_000 });
  console.log(id);
  let next = 0;
  await Promise.all(
    Array.from({ length: Number(callers) }, async () => {
      for (;;) {
        const member = next++;
        const [answer] = await engine.coupons.claim(id, [{ ordinal: ordinal(member), request: undefined }]);
        if (answer?.outcome === 'granted') process.stdout.write(`${member}\n`);
      }
    }),
  );
});
