/** Judges the end of a small campaign by the log of its vendor, which nobody killed, and by its own books. */
import { closeSync, openSync, readSync } from 'node:fs';
import { expect, vi } from 'vitest';
import { VendorProcess } from '../../src/demo/vendors/vendor-process.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import { peekReference } from '../../src/push/reference.js';
import { channelsOf, SMALL_MEMBERS, SMALL_WINDOW, type SmallStory } from './small-campaign.js';

/** What a run of campaigns came to. */
export interface Tally {
  doubled: number;
  unknown: number;
}

/** An SMS vendor in a process of its own, with what it has told since the last look. */
export class Recorder {
  private offset = 0;

  private constructor(private readonly vendor: VendorProcess) {}

  static async start(
    logFile: string,
    mode: DeliveryMode,
    { latencyMs = 1 }: { readonly latencyMs?: number } = {},
  ): Promise<Recorder> {
    return new Recorder(
      await VendorProcess.start('sms-vendor', { logFile, isKeyed: mode === 'keyed', latencyMs, jitterMs: 4 }),
    );
  }

  get port(): number {
    return this.vendor.port;
  }

  /** How often each ordinal was served since the last call. */
  async takeDeliveries(): Promise<readonly number[]> {
    const { delivered } = await this.vendor.stats();
    const times = Array.from({ length: SMALL_MEMBERS }, () => 0);
    const lines = await vi.waitFor(
      () => {
        const text = this.readOn();
        if (this.linesBefore + text.split('\n').length - 1 < delivered) throw new Error('the log is not complete yet');
        return text.split('\n').slice(0, -1);
      },
      { timeout: 60_000, interval: 10 },
    );
    this.linesBefore += lines.length;
    this.offset += Buffer.byteLength(lines.map((line) => `${line}\n`).join(''));
    for (const line of lines) {
      const ordinal = peekReference(line.split('\t', 1)[0] ?? '')?.ordinal ?? -1;
      times[ordinal] = (times[ordinal] ?? 0) + 1;
    }
    return times;
  }

  async stop(): Promise<void> {
    await this.vendor.stop();
  }

  private linesBefore = 0;

  private readOn(): string {
    const file = openSync(this.vendor.logFile, 'r');
    try {
      const parts: Buffer[] = [];
      for (let at = this.offset; ;) {
        const part = Buffer.alloc(262_144);
        const length = readSync(file, part, 0, part.length, at);
        if (length === 0) return Buffer.concat(parts).toString('utf8');
        parts.push(part.subarray(0, length));
        at += length;
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Fails unless the mode's promise was kept over `kills` kills; adds to the tally. */
export function judge(
  mode: DeliveryMode,
  {
    story,
    deliveries,
    kills,
  }: { readonly story: SmallStory; readonly deliveries: readonly number[]; readonly kills: number },
  tally: Tally,
): void {
  expect(story.differences, 'the audit').toEqual([]);
  expect([...story.outcomes.keys()].sort()).toEqual([...channelsOf(mode)].sort());
  const outcomes = story.outcomes.get('sms') ?? [];
  expect(outcomes).toHaveLength(SMALL_MEMBERS);
  if (mode === 'keyed') expect(story.inboxMembers, 'members with the message in their inbox').toBe(SMALL_MEMBERS);

  const missed = deliveries.filter((times) => times === 0).length;
  const doubled = deliveries.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
  const unknown = outcomes.filter((outcome) => outcome === 'unknown').length;
  const wronglyBooked = outcomes.filter((outcome, ordinal) => {
    const isTold = (deliveries[ordinal] ?? 0) > 0;
    return !(outcome === 'unknown' || (isTold && (outcome === 'sent' || outcome === 'sentPossiblyDoubled')));
  }).length;
  expect(wronglyBooked, 'members whose outcome the log of the vendor does not bear out').toBe(0);
  if (mode !== 'atMostOnce') expect({ missed, unknown }).toEqual({ missed: 0, unknown: 0 });
  expect(doubled, 'told again').toBeLessThanOrEqual(mode === 'atLeastOnce' ? SMALL_WINDOW * kills : 0);
  expect(unknown, 'unknown').toBeLessThanOrEqual(SMALL_WINDOW * kills);
  tally.doubled += doubled;
  tally.unknown += unknown;
}
