/** Another system beside a cluster: it reads what the nodes say over RocketMQ, and tells them of logins, all the time. */
import { setTimeout as after } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import type { RocketmqQueue } from '../../../src/adapters/rocketmq/rocketmq-queue.js';
import { isDomainError } from '../../../src/core/errors.js';
import type { RocketmqSettings } from '../../../src/settings/rocketmq-settings.js';
import { testQueue } from '../rocketmq-queue.js';

const LOGINS = 'shop.logins';
const READ = { topic: 'promotion.created', group: 'reader' };
const AT = '2026-01-02T03:04:05.000Z';
const PAUSE_MS = 50;
const DEADLINE_MS = 240_000;

const createdSchema = z.object({ promotionId: z.int() });
const memberSchema = z.object({ lastActiveAt: z.string().nullable() });

/** What nodes are configured with, so that they take the logins. */
export const LOGIN_CONFIG = {
  events: { incoming: { [LOGINS]: { kind: 'member.loggedIn', fields: { memberId: '/user', at: '/when' } } } },
};

export class EventTraffic {
  /** Deliveries of each promotion's event. */
  private readonly read = new Map<number, number>();
  private logins = 0;
  private readonly stopping = new AbortController();
  private readonly running: Promise<unknown>;

  private constructor(
    private readonly queue: RocketmqQueue,
    private readonly members: number,
  ) {
    this.running = Promise.all([this.readOn(), this.sendOn()]);
  }

  /** `settings` as the nodes' own, on a line that is good. */
  static async start(settings: RocketmqSettings, members: number): Promise<EventTraffic> {
    const queue = testQueue(settings);
    await queue.ensureGroup(READ);
    await queue.ensureGroup({ topic: LOGINS, group: 'fanfare' });
    return new EventTraffic(queue, members);
  }

  /** Waits until the events of all these promotions were read. */
  async hasRead(promotionIds: readonly number[]): Promise<void> {
    const isMissing = (id: number): boolean => !this.read.has(id);
    await vi.waitFor(() => expect(promotionIds.filter(isMissing)).toEqual([]), { timeout: DEADLINE_MS, interval: 50 });
  }

  /** Waits until events come out of the nodes again; answers after how many milliseconds it was. */
  async isBack(): Promise<number> {
    const before = this.read.size;
    const fromMs = performance.now();
    await vi.waitFor(() => expect(this.read.size, 'events read').toBeGreaterThan(before), {
      timeout: DEADLINE_MS,
      interval: 10,
    });
    return Math.round(performance.now() - fromMs);
  }

  /** Fails unless every promotion was told of, and no other, and every login that was sent has had its effect. */
  async judge(url: string, promotionIds: readonly number[]): Promise<Readonly<Record<string, number>>> {
    const all = [...promotionIds].sort((a, b) => a - b);
    expect(all.length, 'promotions to be told of').toBeGreaterThan(0);
    await this.hasRead(all);
    expect([...this.read.keys()].sort((a, b) => a - b)).toEqual(all);
    this.stopping.abort();
    await this.running;
    expect(this.logins, 'logins sent').toBeGreaterThan(0);
    for (let login = 0; login < this.logins; login++) {
      await vi.waitFor(async () => expect(await lastActive(url, login)).toBe(AT), {
        timeout: DEADLINE_MS,
        interval: 100,
      });
    }
    const deliveries = [...this.read.values()].reduce((sum, times) => sum + times, 0);
    return {
      'events told, none lost': all.length,
      'of them delivered again': deliveries - all.length,
      'incoming events, all with their effect': this.logins,
    };
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.queue.close();
  }

  private async readOn(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await patiently(async () => {
        const messages = await this.queue.lease({ ...READ, maxMessages: 32, leaseMs: 10_000 });
        for (const { body } of messages) {
          const { promotionId } = createdSchema.parse(JSON.parse(body));
          this.read.set(promotionId, (this.read.get(promotionId) ?? 0) + 1);
        }
        await this.queue.ack(READ.group, messages);
      });
    }
  }

  /** Each login of a member of its own, sent until it is acknowledged. */
  private async sendOn(): Promise<void> {
    while (!this.stopping.signal.aborted && this.logins < this.members) {
      const member = `m${this.logins}`;
      const isSent = await patiently(() =>
        this.queue.send([{ topic: LOGINS, key: member, body: JSON.stringify({ user: member, when: AT }) }]),
      );
      if (isSent) this.logins++;
      await after(PAUSE_MS);
    }
  }
}

/** A broker that is away is waited for; false when it was. */
async function patiently(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isDomainError(error, 'QUEUE_UNAVAILABLE')) throw error;
    await after(PAUSE_MS);
    return false;
  }
}

async function lastActive(url: string, member: number): Promise<string | null> {
  return memberSchema.parse(await (await fetch(`${url}/v1/members/m${member}`)).json()).lastActiveAt;
}
