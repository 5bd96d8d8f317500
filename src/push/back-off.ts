import type { Random } from '../core/ports/random.js';
import type { ChannelSettings } from './channel-settings.js';

/** Delay before a try after `tries` failures: doubled each time up to the limit, half of it by chance. */
export function backOffMs(
  tries: number,
  { firstDelayMs, maxDelayMs }: ChannelSettings['retry'],
  random: Random,
): number {
  const fullMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, tries - 1));
  return Math.ceil(fullMs / 2 + (random.next() * fullMs) / 2);
}
