/** `npm run demo:cluster`. */
import { connectRun } from '../connect-run.js';
import { clusterDemo } from './cluster-demo.js';

await connectRun(clusterDemo);
