/** `npm run demo`. */
import { connectRun } from './connect-run.js';

await connectRun();
