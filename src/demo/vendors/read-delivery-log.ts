import { createReadStream } from 'node:fs';
import type { Channel } from '../../core/channels.js';
import { peekReference } from '../../push/reference.js';

/** A line of a vendor's log. */
export interface LoggedDelivery {
  readonly key: string;
  readonly recipient: string;
}

const PART_BYTES = 1_048_576;

/** Reads a vendor's log from its beginning; a last line that is not complete is left out. */
export async function* readDeliveryLog(file: string): AsyncGenerator<LoggedDelivery> {
  for await (const lines of readLines(file)) {
    for (const line of lines) {
      const delivery = parseLine(line);
      if (delivery !== undefined) yield delivery;
    }
  }
}

/** Some thousands at a time: an iterator that stops at every line costs more than counting it. */
async function* readLines(file: string): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const part of createReadStream(file, { encoding: 'utf8', highWaterMark: PART_BYTES })) {
    const lines = (rest + String(part)).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}

function parseLine(line: string): LoggedDelivery | undefined {
  const tab = line.indexOf('\t');
  return tab < 0 ? undefined : { key: line.slice(0, tab), recipient: line.slice(tab + 1) };
}

/** The keys of a log, for a vendor that remembers what it delivered before it was started. */
export async function readDeliveredKeys(file: string, take: (key: string) => void): Promise<void> {
  for await (const lines of readLines(file)) {
    for (const line of lines) {
      const delivery = parseLine(line);
      if (delivery !== undefined) take(delivery.key);
    }
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
  await readDeliveredKeys(file, (key) => {
    const reference = peekReference(key);
    const campaign = reference?.channel === channel ? reference.campaignId : undefined;
    let counting = counts.get(campaign);
    if (counting === undefined) counts.set(campaign, (counting = new Counting()));
    counting.add(reference?.ordinal ?? 0);
  });
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
