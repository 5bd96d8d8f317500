import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { workerFile } from '../../src/core/worker-file.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import { finishSmall, SmallFolders, type SmallStory } from './small-campaign.js';
import { judge, Recorder, type Tally } from './small-judge.js';
import type { Life } from './victim.js';

/** Runs the small campaign of a folder in a process of its own. */
export const SMALL_VICTIM = fileURLToPath(workerFile(import.meta.url, '../crash/small-campaign-victim.js'));

/** A recorder, folders, and the count of what came out, for many small campaigns in one delivery mode. */
export class SmallRig {
  kills = 0;
  readonly tally: Tally = { doubled: 0, unknown: 0 };

  private constructor(
    private readonly mode: DeliveryMode,
    private readonly logs: string,
    private readonly recorder: Recorder,
    private readonly folders: SmallFolders,
  ) {}

  static async open(mode: DeliveryMode, timing: { readonly latencyMs?: number } = {}): Promise<SmallRig> {
    const logs = mkdtempSync(join(tmpdir(), 'fanfare-recorder-'));
    const recorder = await Recorder.start(join(logs, 'sms.log'), mode, timing);
    return new SmallRig(mode, logs, recorder, await SmallFolders.create());
  }

  /** A data folder with members, below `parent` where given. */
  nextFolder(parent?: string): string {
    return this.folders.next({ port: this.recorder.port, mode: this.mode, ...(parent !== undefined && { parent }) });
  }

  /** Lets `run` have a folder for a life, and judges what it left, by default after a restart in this process. */
  async judgeLife(
    folder: string,
    run: (folder: string) => Promise<Life>,
    finish: (folder: string) => Promise<SmallStory> = finishSmall,
  ): Promise<Life> {
    const life = await run(folder);
    const story = await finish(folder);
    if (life.said.includes('launched')) expect(story.wasThere, 'the launch that was acknowledged').toBe(true);
    this.kills += life.wasKilled ? 1 : 0;
    judge(this.mode, { story, deliveries: await this.recorder.takeDeliveries(), kills: 1 }, this.tally);
    rmSync(folder, { recursive: true });
    return life;
  }

  async close(): Promise<void> {
    await this.recorder.stop();
    this.folders.remove();
    rmSync(this.logs, { recursive: true });
  }
}
