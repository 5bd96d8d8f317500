#!/usr/bin/env node
/**
 * Claims the field's way until it is killed (see `field-way.ts`); prints that it is ready, and then each member that was
 * answered "granted". field-claimer.js RUN CALLERS
 */
import { FieldClaims, GRANTED } from './field-way.js';

const [run = '', callers = '1'] = process.argv.slice(2);
const claims = new FieldClaims(run);
let next = 0;
console.log('ready');
await Promise.all(
  Array.from({ length: Number(callers) }, async () => {
    for (;;) {
      const member = next++;
      if ((await claims.claim(member)) === GRANTED) process.stdout.write(`${member}\n`);
    }
  }),
);
