import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Channel } from '../../core/channels.js';
import { peekReference } from '../../push/reference.js';

/** A line of a vendor's log. */
export interface LoggedDelivery {
  readonly key: string;
  readonly recipient: string;
}

/** Reads a vendor's log from its beginning; a last line that is not complete is left out. */
export async function* readDeliveryLog(file: string): AsyncGenerator<LoggedDelivery> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
    const [key, recipient] = line.split('\t');
    if (key !== undefined && recipient !== undefined) yield { key, recipient };
  }
}

/** How often each member got the message of a campaign, by a vendor's own log. */
export interface CampaignDeliveries {
  /** By ordinal; 0 beyond the end. At most 255 each. */
  readonly timesByOrdinal: Uint8Array;
  readonly members: number;
  /** Deliveries beyond the first of each member. */
  readonly doubled: number;
}

/** Counts a vendor's log by campaign; deliveries under keys that are not ours are under `undefined`. */
export async function countDeliveries(
  file: string,
  channel: Channel,
): Promise<ReadonlyMap<number | undefined, CampaignDeliveries>> {
  const counts = new Map<number | undefined, Counting>();
  for await (const { key } of readDeliveryLog(file)) {
    const reference = peekReference(key);
    const campaign = reference?.channel === channel ? reference.campaignId : undefined;
    const counting = counts.get(campaign) ?? new Counting();
    counts.set(campaign, counting);
    counting.add(reference?.ordinal ?? 0);
  }
  return counts;
}

class Counting implements CampaignDeliveries {
  timesByOrdinal = new Uint8Array(65_536);
  members = 0;
  doubled = 0;

  add(ordinal: number): void {
    if (ordinal >= this.timesByOrdinal.length) this.growTo(ordinal + 1);
    const times = this.timesByOrdinal[ordinal] ?? 0;
    this.timesByOrdinal[ordinal] = Math.min(255, times + 1);
    if (times === 0) this.members++;
    else this.doubled++;
  }

  private growTo(length: number): void {
    const larger = new Uint8Array(Math.max(length, this.timesByOrdinal.length * 2));
    larger.set(this.timesByOrdinal);
    this.timesByOrdinal = larger;
  }
}
