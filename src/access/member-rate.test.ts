import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { memberId } from '../core/ids.js';
import { MINUTE_MS } from '../core/time.js';
import { MemberRate } from './member-rate.js';

it('lets a member ask so often in a minute, then tells how long to wait', () => {
  const clock = new ManualClock();
  const rate = new MemberRate({ clock, requestsPerMinute: 2 });
  const ann = memberId('ann');
  rate.take(ann);
  clock.advance(MINUTE_MS - 1_500);
  rate.take(ann);
  expect(() => {
    rate.take(ann);
  }).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS', values: { retryAfterSeconds: 2 } }));
  rate.take(memberId('bo'));
  clock.advance(1_500);
  rate.take(ann);
});

it('remembers so many members and no more: who has been silent longest begins anew', () => {
  const rate = new MemberRate({ clock: new ManualClock(), requestsPerMinute: 2, maxMembers: 2 });
  const take = (member: string) => {
    rate.take(memberId(member));
  };
  for (const member of ['ann', 'bo', 'bo', 'ann', 'cy', 'bo']) take(member); // cy came: bo was forgotten
  expect(() => {
    take('cy');
    take('cy');
  }).toThrow('may ask 2 times');
});
