import { describe, expect, it } from 'vitest';
import { Slots } from './slots.js';

const { signal } = new AbortController();

describe('Slots', () => {
  it('let no more in than there are, in the order they came', async () => {
    const slots = new Slots(2);
    const entered: number[] = [];
    const waits = [0, 1, 2, 3].map((id) => slots.acquire(signal).then(() => entered.push(id)));
    await Promise.all(waits.slice(0, 2));
    expect(entered).toEqual([0, 1]);
    slots.release();
    await waits[2];
    expect(entered).toEqual([0, 1, 2]);
    slots.release();
    await waits[3];
  });

  it('send away who gives up, without losing a slot', async () => {
    const slots = new Slots(1);
    const impatient = new AbortController();
    await slots.acquire(signal);
    const waiting = slots.acquire(impatient.signal);
    impatient.abort();
    expect(await waiting).toBe(false);
    expect(await slots.acquire(impatient.signal)).toBe(false);
    slots.release();
    expect(await slots.acquire(signal)).toBe(true);
  });

  it('send away everybody when closed', async () => {
    const slots = new Slots(1);
    await slots.acquire(signal);
    const waiting = slots.acquire(signal);
    slots.close();
    slots.close();
    expect(await waiting).toBe(false);
    slots.release();
    expect(await slots.acquire(signal)).toBe(false);
  });
});
