/**
 * Messages that the broker has leased to this process, from their delivery to their end.
 *
 * States: ready → leased (given to a caller) → gone (acked, dead), or → parked (to be tried again at an instant) →
 * ready. A lease that ends makes a message ready again. Whatever the state, a message is dropped when the *broker's*
 * lease ends: the broker gives it to somebody then.
 *
 * The broker blocks a whole queue while a message of it is out, and hands out a batch of it at once. So the order of a
 * key is kept here: only the first of a key may be given, and when it is dropped those behind it are, too, since the
 * broker brings them again in their order. Cost: O(held) per look, and what is held is bounded by a few polls.
 */
import type { ReceivedMessage } from './message-codec.js';

export interface HeldMessage {
  readonly message: ReceivedMessage;
  /** Undefined: this message stands in no order. */
  readonly laneKey: string | undefined;
  handle: string;
  /** The proxy that brought it. */
  address: string;
  /** On the monotonic clock, like all instants here. */
  brokerLeaseEndsMs: number;
  state: 'ready' | 'leased' | 'parked';
  /** Of a lease, or of the time for which it is parked. */
  untilMs: number;
  /** Names the delivery to a caller; changes with each. */
  receipt: string;
  /** Deliveries to callers of this process. */
  tries: number;
}

export interface Arrival {
  readonly message: ReceivedMessage;
  readonly address: string;
  readonly isOrdered: boolean;
  readonly brokerLeaseEndsMs: number;
}

export class HeldMessages {
  private readonly held = new Map<string, HeldMessage>();
  private readonly lanes = new Map<string, HeldMessage[]>();
  private receipts = 0;

  get size(): number {
    return this.held.size;
  }

  /** A message that is held already keeps its state under the new delivery. */
  add({ message, address, isOrdered, brokerLeaseEndsMs }: Arrival): void {
    const known = this.held.get(message.messageId);
    if (known !== undefined) {
      known.handle = message.handle;
      known.address = address;
      known.brokerLeaseEndsMs = brokerLeaseEndsMs;
      return;
    }
    const laneKey = isOrdered ? message.key : undefined;
    const entry: HeldMessage = {
      message,
      laneKey,
      handle: message.handle,
      address,
      brokerLeaseEndsMs,
      state: 'ready',
      untilMs: 0,
      receipt: '',
      tries: 0,
    };
    this.held.set(message.messageId, entry);
    if (laneKey !== undefined) this.lanes.set(laneKey, [...(this.lanes.get(laneKey) ?? []), entry]);
  }

  /** Leases up to `maxMessages` that are ready, in the order of their coming. */
  take({ maxMessages, nowMs, leaseMs }: { maxMessages: number; nowMs: number; leaseMs: number }): HeldMessage[] {
    this.dropLapsed(nowMs);
    const taken: HeldMessage[] = [];
    for (const entry of this.held.values()) {
      if (taken.length >= maxMessages) break;
      if (!this.isReady(entry, nowMs)) continue;
      entry.state = 'leased';
      entry.untilMs = nowMs + leaseMs;
      entry.receipt = String(++this.receipts);
      entry.tries++;
      taken.push(entry);
    }
    return taken;
  }

  /** The delivery of this receipt, unless another one followed it or the broker's lease has ended. */
  find(
    { messageId, receipt }: { readonly messageId: string; readonly receipt: string },
    nowMs: number,
  ): HeldMessage | undefined {
    const entry = this.held.get(messageId);
    if (entry?.state !== 'leased' || entry.receipt !== receipt) return undefined;
    return entry.brokerLeaseEndsMs > nowMs ? entry : undefined;
  }

  park(entry: HeldMessage, untilMs: number): void {
    entry.state = 'parked';
    entry.untilMs = untilMs;
  }

  /** It has ended: the next of its key may be given. */
  remove(entry: HeldMessage): void {
    this.held.delete(entry.message.messageId);
    if (entry.laneKey === undefined) return;
    const rest = (this.lanes.get(entry.laneKey) ?? []).filter((other) => other !== entry);
    if (rest.length > 0) this.lanes.set(entry.laneKey, rest);
    else this.lanes.delete(entry.laneKey);
  }

  /** It is no longer ours, and those behind it must not go first. */
  drop(entry: HeldMessage): void {
    for (const follower of this.followers(entry)) this.remove(follower);
    this.remove(entry);
  }

  /** Those that wait behind it. */
  followers(entry: HeldMessage): readonly HeldMessage[] {
    const lane = entry.laneKey === undefined ? [] : (this.lanes.get(entry.laneKey) ?? []);
    return lane.slice(lane.indexOf(entry) + 1);
  }

  /** When the next one becomes ready by itself; undefined when none will. */
  nextReadyMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const entry of this.held.values()) {
      if (!this.isFirst(entry)) continue;
      const readyMs = entry.state === 'ready' ? nowMs : entry.untilMs;
      if (next === undefined || readyMs < next) next = readyMs;
    }
    return next;
  }

  private dropLapsed(nowMs: number): void {
    for (const entry of [...this.held.values()]) if (entry.brokerLeaseEndsMs <= nowMs) this.drop(entry);
  }

  private isReady(entry: HeldMessage, nowMs: number): boolean {
    return this.isFirst(entry) && (entry.state === 'ready' || entry.untilMs <= nowMs);
  }

  private isFirst(entry: HeldMessage): boolean {
    return entry.laneKey === undefined || this.lanes.get(entry.laneKey)?.[0] === entry;
  }
}
