import { clockConformance } from '../../../test/conformance/clock.js';
import { systemClock } from './system-clock.js';

clockConformance('system', () => ({
  clock: systemClock,
  // The platform's own timers, not the clock under test.
  async pass(spanMs) {
    const endsMs = performance.now() + spanMs;
    while (performance.now() < endsMs) await new Promise((resolve) => setTimeout(resolve, 1));
  },
}));
