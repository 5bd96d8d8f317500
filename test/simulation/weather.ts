import type { Random } from '../../src/core/ports/random.js';

/** What becomes of a request on its way. */
export const FATES = [
  'served',
  'refused', // nobody listens
  'unreachable', // no connection in time
  'lostBefore', // reset before the vendor saw it
  'lostAfter', // taken, and the answer reset
  'silentBefore', // swallowed
  'silentAfter', // taken, never answered
  'failedBefore', // a 500 that took nothing
  'failedAfter', // a 500 that took it
  'broken', // taken, half an answer
  'nonsense', // taken, an answer that says nothing
  'throttledSeconds',
  'throttledDate',
  'unauthorised',
  'unavailable', // a 503
] as const;
export type Fate = (typeof FATES)[number];

/** How a vendor and the way to it are for a while. */
export class Weather {
  constructor(
    /** What happens to a share of the requests; to the others nothing. */
    private readonly troubles: readonly Fate[],
    private readonly share: number,
    private readonly slownessMs: number,
  ) {}

  fateOf(random: Random): Fate {
    if (random.next() >= this.share) return 'served';
    return this.troubles[Math.floor(random.next() * this.troubles.length)] ?? 'served';
  }

  /** Until the first byte is written; now and then it takes as long as a thread that hangs. */
  connectMs(random: Random): number {
    return random.next() < this.share / 20 ? random.next() * 9_000 : random.next() * 4;
  }

  travelMs(random: Random): number {
    return 1 + random.next() * this.slownessMs;
  }
}

export const FAIR_WEATHER = new Weather([], 0, 15);
/** Answers get lost. */
export const LOSSY_WEATHER = new Weather(['lostAfter', 'lostAfter', 'lostBefore'], 0.6, 20);

const KINDS: readonly (readonly Fate[])[] = [
  ['refused'],
  ['unreachable', 'lostBefore'],
  ['lostAfter', 'lostBefore', 'silentAfter', 'silentBefore'],
  ['failedBefore', 'failedAfter', 'unavailable'],
  ['broken', 'nonsense'],
  ['throttledSeconds', 'throttledDate'],
  ['unauthorised'],
  FATES,
];

export function anyWeather(random: Random): Weather {
  if (random.next() < 0.25) return new Weather([], 0, 10 + random.next() * 1_500);
  const troubles = KINDS[Math.floor(random.next() * KINDS.length)] ?? [];
  const share = random.next() < 0.3 ? 1 : random.next() * 0.6;
  return new Weather(troubles, share, random.next() < 0.3 ? 800 : 40);
}
