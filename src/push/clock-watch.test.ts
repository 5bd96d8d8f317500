import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { HOUR_MS, DAY_MS } from '../core/time.js';
import { ClockWatch, type ClockEvent } from './clock-watch.js';
import type { ChannelPusher } from './channel-pusher.js';

const MAX_DELAY_MS = 60_000;

describe('a wall clock that is set', () => {
  let clock: ManualClock;
  let temporary: TemporaryStore;
  let pusher: ChannelPusher | undefined;
  let watch: ClockWatch | undefined;
  const events: ClockEvent[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    temporary = await temporaryStore(clock);
    events.length = 0;
  });
  afterEach(async () => {
    const closing = Promise.all([watch?.close(), pusher?.stop(0)]);
    let isClosed = false;
    void closing.then(() => (isClosed = true));
    await runUntil(clock, () => isClosed);
    await temporary.remove();
  });

  const start = (provider: ScriptedProvider): void => {
    const { store } = temporary;
    pusher = pusherOf(store, clock, {
      channel: 'sms',
      provider,
      retry: { firstDelayMs: 1_000, maxDelayMs: MAX_DELAY_MS },
    });
    pusher.start();
    watch = new ClockWatch({
      store,
      clock,
      longestWaitMs: MAX_DELAY_MS,
      onEvent: (event) => {
        if (event.kind === 'clock.setBack') events.push(event);
      },
      onPulledIn: () => pusher?.wake(),
    });
    watch.start();
  };

  it.each([HOUR_MS, DAY_MS])('ahead by %d ms and back again makes nobody wait for it', async (stepMs) => {
    await addMembers(temporary.store, clock, { count: 300 });
    const campaign = await runningCampaign(temporary.store, clock, { channels: ['sms'] });
    let isAhead = false;
    const provider = new ScriptedProvider({ script: () => (isAhead ? 'transient' : 'accepted') });
    clock.stepWall(stepMs);
    isAhead = true;
    start(provider);
    await runUntil(clock, () => provider.requests.length >= 3);
    clock.stepWall(-stepMs);
    isAhead = false;
    const setBackAtMs = clock.monotonicMs();
    await runUntil(clock, () => isCompleted(temporary.store, campaign));
    expect(await outcomes(temporary.store, campaign, 'sms')).toMatchObject({ sent: 300 });
    expect(clock.monotonicMs() - setBackAtMs).toBeLessThan(2 * MAX_DELAY_MS);
    expect(events).toEqual([{ kind: 'clock.setBack', byMs: stepMs }]);
  });

  it('wrong before the start makes nobody wait for it', async () => {
    await addMembers(temporary.store, clock, { count: 300 });
    clock.stepWall(400 * DAY_MS);
    const campaign = await runningCampaign(temporary.store, clock, { channels: ['sms'] });
    clock.stepWall(-400 * DAY_MS);
    start(new ScriptedProvider());
    await runUntil(clock, () => isCompleted(temporary.store, campaign));
    expect(await outcomes(temporary.store, campaign, 'sms')).toMatchObject({ sent: 300 });
  });
});
