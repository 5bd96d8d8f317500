/** How far an import is: bytes that were sent from here, rows as the server counts them. */
import { Transform } from 'node:stream';
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatBytes, formatCount, formatDuration } from './format-values.js';
import { openProgress, type ProgressDisplay } from './progress-display.js';
import { RateMeter } from './rate-meter.js';
import { CAMPAIGN_TEXT } from './text/campaign-text.js';
import { MEMBER_TEXT as T } from './text/member-text.js';

export const importAnswer = z.object({
  id: z.int(),
  state: z.string(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
  ignoredColumns: z.array(z.string()),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
});
export type ImportAnswer = z.output<typeof importAnswer>;

const jobsAnswer = z.object({ items: z.array(importAnswer) });
const WATCH_EVERY_MS = 500;

export class ImportProgress {
  readonly #context: CliContext;
  readonly #sizeBytes: number | undefined;
  readonly #display: ProgressDisplay;
  readonly #meter = new RateMeter();
  readonly #ended = new AbortController();
  #sentBytes = 0;
  #job: ImportAnswer | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(context: CliContext, sizeBytes: number | undefined) {
    this.#context = context;
    this.#sizeBytes = sizeBytes;
    this.#display = openProgress(context);
  }

  get hasBegun(): boolean {
    return this.#sentBytes > 0;
  }

  /** Stands between the file and the request. */
  counter(): Transform {
    return new Transform({
      highWaterMark: 256 * 1_024,
      transform: (piece: Uint8Array, _, done) => {
        this.#sentBytes += piece.byteLength;
        done(null, piece);
      },
    });
  }

  start(): void {
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#watching;
    this.#display.stop();
  }

  async #watch(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#ended;
    for (;;) {
      await clock.sleep(WATCH_EVERY_MS, signal);
      if (signal.aborted) return;
      this.#job = (await this.#askForJob()) ?? this.#job;
      this.#show();
    }
  }

  /** What goes wrong here is told by the upload itself. */
  async #askForJob(): Promise<ImportAnswer | undefined> {
    try {
      const { items } = (await this.#context.api().get('/v1/members/imports')).read(jobsAnswer);
      return items.find(({ state }) => state === 'running');
    } catch {
      return undefined;
    }
  }

  #show(): void {
    const { say, clock, language } = this.#context;
    const size = this.#sizeBytes;
    const sent = this.#sentBytes;
    const rate = this.#meter.add(clock.monotonicMs(), sent);
    const texts = [
      `${formatBytes(sent)}${size === undefined ? '' : `/${formatBytes(size)}`}`,
      ...(rate < 1 ? [] : [`${formatBytes(rate)}/s`]),
      ...(size === undefined || rate < 1 || sent >= size
        ? []
        : [say(CAMPAIGN_TEXT.left, formatDuration(((size - sent) / rate) * 1_000, language))]),
      ...(this.#job === undefined ? [] : countWords(this.#job, this.#context)),
    ];
    this.#display.update([{ label: say(T.uploading), done: sent, total: size, text: texts.join('  ') }]);
  }
}

/** Rows by what became of them, without those that nobody met. */
export function countWords(job: ImportAnswer, { say }: CliContext): readonly string[] {
  const counts = [
    [T.fieldCreated, job.created],
    [T.fieldUpdated, job.updated],
    [T.fieldUnchanged, job.unchanged],
    [T.fieldRejected, job.rejected],
  ] as const;
  return counts.flatMap(([field, count]) => (count === 0 ? [] : [`${say(field)} ${formatCount(count)}`]));
}
