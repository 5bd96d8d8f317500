import { pacerConformance } from '../../../test/conformance/pacer.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { MemoryPacer } from './memory-pacer.js';

pacerConformance('in this process', () => {
  const clock = new ManualClock();
  return {
    pacer: new MemoryPacer(clock),
    clock,
    pass: (spanMs: number) => {
      clock.advance(spanMs);
    },
  };
});
