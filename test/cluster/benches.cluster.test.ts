/** The benches over a cluster, as those over one process in test/bench. */
import { describe } from 'vitest';
import { CLUSTER_BENCHES } from '../../bench/benches.js';
import { eachBench } from '../bench/run-benches.js';

describe('benches over a cluster', () => {
  eachBench(CLUSTER_BENCHES);
});
