import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeasedMessage, OutboundMessage, Queue } from '../../src/core/ports/queue.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { addMs, type EpochMs } from '../../src/core/time.js';
import { reportFigures, size, takeSeed } from '../support/proof.js';

export interface QueueUnderTest {
  readonly queue: Queue;
  now(): EpochMs;
  /** Lets this much time pass for the queue. */
  advance(spanMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface QueueCapabilities {
  /** Whether messages of several keys come in the order in which they were sent; else why not. */
  readonly ordersAcrossKeys: true | string;
  /** Whether one lease gives all that is due, up to what was asked for; else why not, and tests lease until it is there. */
  readonly givesAllAtOnce: true | string;
  /** Leases that outlast what a test does under them. */
  readonly leaseMs: number;
  /** Leases whose end a test waits for, many times over: short where time is real. */
  readonly shortLeaseMs: number;
  /** How far instants may be off. */
  readonly toleranceMs: number;
}

const TOPIC = 'promotion.created';
const GATHER_MS = 30_000;
const STORM_MESSAGES = size(1_000, 330_000);

/** What every queue behind the port keeps. */
export function queueConformance(
  name: string,
  capabilities: QueueCapabilities,
  open: () => Promise<QueueUnderTest>,
): void {
  const { leaseMs: LEASE_MS, shortLeaseMs, toleranceMs } = capabilities;
  describe(`queue conformance: ${name}`, () => {
    let subject: QueueUnderTest;
    beforeEach(async () => {
      subject = await open();
    });
    afterEach(async () => {
      await subject.close();
    });

    const send = (...messages: (Partial<OutboundMessage> & { readonly body: string })[]): Promise<void> =>
      subject.queue.send(messages.map((message) => ({ topic: TOPIC, key: message.body, ...message })));
    const join = (group: string): Promise<void> => subject.queue.ensureGroup({ topic: TOPIC, group });
    const lease = (group = 'g', maxMessages = 10, leaseMs = LEASE_MS): Promise<readonly LeasedMessage[]> =>
      subject.queue.lease({ topic: TOPIC, group, maxMessages, leaseMs });
    /** Leases until that many messages came: at once where the queue can, else within half a minute. */
    const gather = async (count: number, group = 'g', maxMessages = 10): Promise<readonly LeasedMessage[]> => {
      const messages = [...(await lease(group, maxMessages))];
      if (capabilities.givesAllAtOnce === true) return messages;
      for (const endsMs = performance.now() + GATHER_MS; messages.length < count && performance.now() < endsMs;) {
        messages.push(...(await lease(group, maxMessages - messages.length)));
      }
      return messages;
    };
    /** As they were sent, where the queue keeps order between keys; else by their text. */
    const inOrder = (texts: readonly string[]): readonly string[] =>
      capabilities.ordersAcrossKeys === true ? texts : [...texts].sort();
    const bodies = (messages: readonly LeasedMessage[]): string[] => messages.map(({ body }) => body);
    const only = (messages: readonly LeasedMessage[]): LeasedMessage => {
      const [message] = messages;
      if (message === undefined || messages.length !== 1)
        throw new Error(`expected one message, got ${messages.length}`);
      return message;
    };

    it('gives messages in the order of sending, once, with what was sent', async () => {
      await join('g');
      await send({ body: '1', key: 'a' }, { body: '2', key: 'b' });
      await send({ body: '3', key: 'c' });
      const messages = await gather(3);
      expect(inOrder(bodies(messages))).toEqual(['1', '2', '3']);
      const first = messages.find(({ body }) => body === '1');
      expect(first).toMatchObject({ topic: TOPIC, key: 'a', attempt: 1 });
      expect(Math.abs((first?.sentAt ?? 0) - subject.now())).toBeLessThanOrEqual(toleranceMs);
      expect(await lease()).toEqual([]);
      expect(await subject.queue.ack('g', messages)).toEqual([true, true, true]);
      await subject.advance(LEASE_MS + 1);
      expect(await lease()).toEqual([]);
    });

    it('gives no more than was asked for, and the rest next time', async () => {
      await join('g');
      await send({ body: '1' }, { body: '2' }, { body: '3' });
      const two = await gather(2, 'g', 2);
      const rest = await gather(1, 'g', 2);
      expect([two.length, rest.length]).toEqual([2, 1]);
      expect(inOrder(bodies([...two, ...rest]))).toEqual(['1', '2', '3']);
    });

    it('gives a message again when its lease ends, and refuses the older receipt', async () => {
      await join('g');
      await send({ body: '1' });
      const first = only(await gather(1));
      await subject.advance(LEASE_MS + 1);
      const second = only(await gather(1));
      expect(second).toMatchObject({ messageId: first.messageId, attempt: 2 });
      expect(await subject.queue.ack('g', [first])).toEqual([false]);
      expect(await subject.queue.ack('g', [second])).toEqual([true]);
      expect(await subject.queue.ack('g', [second])).toEqual([false]);
    });

    it('keeps the order of a key: its next message waits until the one before is done', async () => {
      await join('g');
      await send(
        { body: 'a1', key: 'a' },
        { body: 'a2', key: 'a' },
        { body: 'b1', key: 'b' },
        { body: 'a3', key: 'a' },
      );
      const messages = await gather(2);
      expect(inOrder(bodies(messages))).toEqual(['a1', 'b1']);
      const a1 = messages.find(({ body }) => body === 'a1');
      if (a1 === undefined) throw new Error('nothing leased');
      const b1 = messages.filter((message) => message !== a1);
      expect(await subject.queue.ack('g', b1)).toEqual([true]);
      await subject.queue.retryLater('g', a1, { delayMs: 3_000, maxAttempts: 5, reason: 'later' });
      expect(await lease()).toEqual([]);
      await subject.advance(3_001);
      const again = only(await gather(1));
      expect(again).toMatchObject({ body: 'a1', attempt: 2 });
      await subject.queue.ack('g', [again]);
      const next = only(await gather(1));
      expect(next.body).toBe('a2');
      await subject.queue.ack('g', [next]);
      expect(bodies(await gather(1))).toEqual(['a3']);
    });

    it('lets two consumers of a group share it, never the same message', async () => {
      await join('g');
      await send(...Array.from({ length: 50 }, (_, index) => ({ body: String(index) })));
      const given: LeasedMessage[] = [];
      const endsMs = performance.now() + GATHER_MS;
      const consume = async (): Promise<number> => {
        let share = 0;
        while (given.length < 50 && performance.now() < endsMs) {
          const messages = await lease('g', 20);
          given.push(...messages);
          share += messages.length;
          await subject.queue.ack('g', messages);
        }
        return share;
      };
      const shares = await Promise.all([consume(), consume(), consume()]);
      expect(shares.reduce((sum, share) => sum + share)).toBe(50);
      expect(new Set(bodies(given)).size).toBe(50);
      expect(given).toHaveLength(50);
    });

    it('gives a group added later everything from the beginning, and leaves the first untouched', async () => {
      await join('first');
      await send({ body: '1' }, { body: '2' });
      await subject.queue.ack('first', await gather(2, 'first'));
      await join('second');
      await join('second');
      expect(inOrder(bodies(await gather(2, 'second')))).toEqual(['1', '2']);
      expect(await lease('first')).toEqual([]);
      await send({ body: '3' });
      expect(bodies(await gather(1, 'first'))).toEqual(['3']);
      expect(await gather(1, 'second')).toEqual([expect.objectContaining({ body: '3' })]);
    });

    it('refuses to lease for a group that does not exist', async () => {
      await expect(lease('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('holds a message back until its instant, outside the order of its key', async () => {
      await join('g');
      const deliverAt = addMs(subject.now(), 8_000);
      await send({ body: 'later', key: 'k', deliverAt }, { body: 'now', key: 'k' });
      const now = await gather(1);
      expect(bodies(now)).toEqual(['now']);
      await subject.queue.ack('g', now);
      await subject.advance(Math.max(0, deliverAt - subject.now() - 1 - toleranceMs));
      expect(await lease()).toEqual([]);
      await subject.advance(2);
      expect(bodies(await gather(1))).toEqual(['later']);
      expect(subject.now()).toBeGreaterThanOrEqual(deliverAt);
    });

    it('makes a dead letter after the last attempt, and goes on with the key', async () => {
      await join('g');
      await send({ body: 'bad', key: 'k' }, { body: 'good', key: 'k' });
      for (const attempt of [1, 2]) {
        const bad = (await gather(1, 'g', 1))[0];
        if (bad === undefined) throw new Error('nothing leased');
        expect(bad).toMatchObject({ body: 'bad', attempt });
        await subject.queue.retryLater('g', bad, { delayMs: 0, maxAttempts: 2, reason: 'cannot parse' });
      }
      await send({ body: 'worse', key: 'w' });
      const rest = [...(await gather(2))].sort((left, right) => (left.body < right.body ? -1 : 1));
      expect(bodies(rest)).toEqual(['good', 'worse']);
      for (const message of rest)
        await subject.queue.retryLater('g', message, { delayMs: 0, maxAttempts: 1, reason: 'no' });
      const letters = await subject.queue.deadLetters('g', { limit: 10 });
      expect(letters[0]).toMatchObject({ topic: TOPIC, key: 'k', body: 'bad', reason: 'cannot parse', attempts: 2 });
      const page = await subject.queue.deadLetters('g', { limit: 1, afterMessageId: letters[0]?.messageId ?? '' });
      expect(page.map(({ body }) => body)).toEqual(['good']);
      expect(await lease()).toEqual([]);
    });

    it('ignores a retry under an older receipt', async () => {
      await join('g');
      await send({ body: '1' });
      const first = only(await gather(1));
      await subject.advance(LEASE_MS + 1);
      const second = only(await gather(1));
      await subject.queue.retryLater('g', first, { delayMs: 0, maxAttempts: 1, reason: 'late' });
      expect(await subject.queue.deadLetters('g', { limit: 10 })).toEqual([]);
      expect(await subject.queue.ack('g', [second])).toEqual([true]);
    });

    it('counts a body in bytes, not in characters, and carries any text', async () => {
      await join('g');
      await expect(send({ key: 'k', body: '促'.repeat(1_500_000) })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(send({ key: 'k', body: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(send({ key: 'k'.repeat(256), body: '{}' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      const body = JSON.stringify({ text: '促销 🎉 "\u0000\n' });
      await send({ key: '键', body });
      expect(only(await gather(1))).toMatchObject({ key: '键', body });
    });

    it('lets each message take effect once, however often two consumers get it', async () => {
      await join('g');
      const random = new SeededRandom(takeSeed('a storm of redeliveries'));
      for (let first = 0; first < STORM_MESSAGES; first += 1_000) {
        await send(...Array.from({ length: 1_000 }, (_, index) => ({ body: String(first + index) })));
      }
      const effects = new Uint8Array(STORM_MESSAGES);
      const wanted = Uint8Array.from(effects, () => 1 + Math.floor(random.next() * 5));
      let settled = 0;
      let deliveries = 0;
      let staleRefused = 0;
      const stale: LeasedMessage[] = [];
      /** A message takes effect when its receipt held. Answers how many did. */
      const finish = async (messages: readonly LeasedMessage[]): Promise<number> => {
        const held = await subject.queue.ack('g', messages);
        const done = messages.filter((_, index) => held[index] === true);
        for (const { body } of done) effects[Number(body)] = (effects[Number(body)] ?? 0) + 1;
        settled += done.length;
        return done.length;
      };
      const giveBack = (messages: readonly LeasedMessage[]): Promise<unknown> =>
        Promise.all(
          messages.map((message) =>
            subject.queue.retryLater('g', message, { delayMs: 1, maxAttempts: 20, reason: 'again' }),
          ),
        );
      for (let turn = 0; settled < STORM_MESSAGES && turn < STORM_MESSAGES; turn++) {
        const consumers = [await lease('g', 500, shortLeaseMs), await lease('g', 500, shortLeaseMs)];
        const ready: LeasedMessage[] = [];
        const back: LeasedMessage[] = [];
        for (const message of consumers.flat()) {
          deliveries++;
          if (message.attempt >= (wanted[Number(message.body)] ?? 1)) ready.push(message);
          else if (random.next() < 0.5) stale.push(message);
          else back.push(message);
        }
        ready.sort(() => random.next() - 0.5);
        await finish(ready);
        await giveBack(back);
        await subject.advance(shortLeaseMs + 1);
        // Who comes back after its lease ends nothing where the message is with somebody else or done.
        if (stale.length > 500 || settled === STORM_MESSAGES) {
          const next = await lease('g', 500, shortLeaseMs);
          const given = new Set(next.map(({ messageId }) => messageId));
          const before = stale.filter(({ messageId }) => given.has(messageId));
          expect(await finish(before), 'ended by who no longer has it').toBe(0);
          staleRefused += stale.length - (await finish(stale));
          stale.length = 0;
          await giveBack(next);
        }
      }
      expect(effects.every((times) => times === 1)).toBe(true);
      expect(staleRefused).toBeGreaterThan(0);
      expect(await lease('g', 10)).toEqual([]);
      expect(await subject.queue.deadLetters('g', { limit: 10 })).toEqual([]);
      reportFigures('R10', {
        'deliveries of events': deliveries,
        'messages, one effect each': settled,
        'late acknowledgements refused': staleRefused,
      });
    }, 600_000);

    it('gives nothing lost and nothing doubled through many random failures', async () => {
      await join('g');
      const keys = ['a', 'b', 'c', 'd'];
      await send(...Array.from({ length: 200 }, (_, index) => ({ body: String(index), key: keys[index % 4] ?? 'a' })));
      const done: number[] = [];
      for (let turn = 0; done.length < 200 && turn < 5_000; turn++) {
        for (const message of await lease('g', 3, shortLeaseMs)) {
          const fate = (Number(message.body) * 7 + message.attempt * 3 + turn) % 5;
          if (fate === 0)
            await subject.queue.retryLater('g', message, { delayMs: 10, maxAttempts: 1_000, reason: 'x' });
          else if (fate > 1) {
            const [held] = await subject.queue.ack('g', [message]);
            if (held === true) done.push(Number(message.body));
          }
        }
        await subject.advance(turn % 3 === 0 ? shortLeaseMs + 1 : 11);
      }
      expect(new Set(done).size).toBe(200);
      for (const [index] of keys.entries()) {
        const ofKey = done.filter((body) => body % 4 === index);
        expect(ofKey).toEqual([...ofKey].sort((left, right) => left - right));
      }
      expect(done).toHaveLength(200);
    }, 600_000);
  });
}
