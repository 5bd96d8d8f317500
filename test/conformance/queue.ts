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

const TOPIC = 'promotion.created';
const LEASE_MS = 10_000;
const STORM_MESSAGES = size(1_000, 330_000);

/** What every queue behind the port keeps. */
export function queueConformance(name: string, open: () => Promise<QueueUnderTest>): void {
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
    const lease = (group = 'g', maxMessages = 10): Promise<readonly LeasedMessage[]> =>
      subject.queue.lease({ topic: TOPIC, group, maxMessages, leaseMs: LEASE_MS });
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
      const messages = await lease();
      expect(bodies(messages)).toEqual(['1', '2', '3']);
      expect(messages[0]).toMatchObject({ topic: TOPIC, key: 'a', attempt: 1, sentAt: subject.now() });
      expect(await lease()).toEqual([]);
      expect(await subject.queue.ack('g', messages)).toEqual([true, true, true]);
      await subject.advance(LEASE_MS + 1);
      expect(await lease()).toEqual([]);
    });

    it('gives no more than was asked for, and the rest next time', async () => {
      await join('g');
      await send({ body: '1' }, { body: '2' }, { body: '3' });
      expect(bodies(await lease('g', 2))).toEqual(['1', '2']);
      expect(bodies(await lease('g', 2))).toEqual(['3']);
    });

    it('gives a message again when its lease ends, and refuses the older receipt', async () => {
      await join('g');
      await send({ body: '1' });
      const first = only(await lease());
      await subject.advance(LEASE_MS + 1);
      const second = only(await lease());
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
      const messages = await lease();
      expect(bodies(messages)).toEqual(['a1', 'b1']);
      const [a1] = messages;
      if (a1 === undefined) throw new Error('nothing leased');
      await subject.queue.retryLater('g', a1, { delayMs: 1_000, maxAttempts: 5, reason: 'later' });
      expect(await lease()).toEqual([]);
      await subject.advance(1_001);
      const again = only(await lease());
      expect(again).toMatchObject({ body: 'a1', attempt: 2 });
      await subject.queue.ack('g', [again]);
      const next = only(await lease());
      expect(next.body).toBe('a2');
      await subject.queue.ack('g', [next]);
      expect(bodies(await lease())).toEqual(['a3']);
    });

    it('lets two consumers of a group share it, never the same message', async () => {
      await join('g');
      await send(...Array.from({ length: 50 }, (_, index) => ({ body: String(index) })));
      const shares = await Promise.all([lease('g', 20), lease('g', 20), lease('g', 20)]);
      expect(new Set(bodies(shares.flat())).size).toBe(50);
      expect(shares.flat()).toHaveLength(50);
    });

    it('gives a group added later everything from the beginning, and leaves the first untouched', async () => {
      await join('first');
      await send({ body: '1' }, { body: '2' });
      await subject.queue.ack('first', await lease('first'));
      await join('second');
      await join('second');
      expect(bodies(await lease('second'))).toEqual(['1', '2']);
      expect(await lease('first')).toEqual([]);
      await send({ body: '3' });
      expect(bodies(await lease('first'))).toEqual(['3']);
      expect(bodies(await lease('second'))).toEqual(['3']);
    });

    it('refuses to lease for a group that does not exist', async () => {
      await expect(lease('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('holds a message back until its instant, outside the order of its key', async () => {
      await join('g');
      await send({ body: 'later', key: 'k', deliverAt: addMs(subject.now(), 5_000) }, { body: 'now', key: 'k' });
      expect(bodies(await lease())).toEqual(['now']);
      await subject.advance(4_999);
      expect(await lease()).toEqual([]);
      await subject.advance(2);
      expect(bodies(await lease())).toEqual(['later']);
    });

    it('makes a dead letter after the last attempt, and goes on with the key', async () => {
      await join('g');
      await send({ body: 'bad', key: 'k' }, { body: 'good', key: 'k' }, { body: 'worse', key: 'w' });
      for (const attempt of [1, 2]) {
        const bad = (await lease('g', 1))[0];
        if (bad === undefined) throw new Error('nothing leased');
        expect(bad).toMatchObject({ body: 'bad', attempt });
        await subject.queue.retryLater('g', bad, { delayMs: 0, maxAttempts: 2, reason: 'cannot parse' });
      }
      const rest = await lease();
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
      const first = only(await lease());
      await subject.advance(LEASE_MS + 1);
      const second = only(await lease());
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
      expect(only(await lease())).toMatchObject({ key: '键', body });
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
        const consumers = [await lease('g', 500), await lease('g', 500)];
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
        await subject.advance(LEASE_MS + 1);
        // Who comes back after its lease ends nothing where the message is with somebody else or done.
        if (stale.length > 500 || settled === STORM_MESSAGES) {
          const next = await lease('g', 500);
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
        for (const message of await lease('g', 3)) {
          const fate = (Number(message.body) * 7 + message.attempt * 3 + turn) % 5;
          if (fate === 0)
            await subject.queue.retryLater('g', message, { delayMs: 10, maxAttempts: 1_000, reason: 'x' });
          else if (fate > 1) {
            await subject.queue.ack('g', [message]);
            done.push(Number(message.body));
          }
        }
        await subject.advance(turn % 3 === 0 ? LEASE_MS + 1 : 11);
      }
      expect(new Set(done).size).toBe(200);
      for (const [index] of keys.entries()) {
        const ofKey = done.filter((body) => body % 4 === index);
        expect(ofKey).toEqual([...ofKey].sort((left, right) => left - right));
      }
    });
  });
}
