/** Before each file of tests: properties meet the same cases each time, so that luck does not decide about the gate. */
import fc from 'fast-check';
import { gateSeed, IS_FULL } from './proof.js';

if (!IS_FULL) fc.configureGlobal({ seed: gateSeed() });
