import { copyFileSync, mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReader, openWriter } from '../../src/adapters/sqlite/connection.js';
import { SqliteStore, type FileAccess } from '../../src/adapters/sqlite/sqlite-store.js';
import { contactBit, consentBit, type Channel } from '../../src/core/channels.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { memberFlags } from '../../src/membership/flags.js';
import type { MemberFields } from '../../src/membership/member.js';
import { ManualClock } from '../support/manual-clock.js';
import { addMembers, REACHABLE } from '../support/push-rig.js';

/** Memory where the machine has it as a folder: thousands of stores are made and thrown away. */
export const simulationFolder = (): string =>
  mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fanfare-simulation-'));

/** Member number `ordinal` before anything happens: a few have no address, or never agreed. */
export function fieldsOf(ordinal: number): Partial<MemberFields> {
  return {
    phone: ordinal % 17 === 3 ? null : `+86138${String(ordinal).padStart(8, '0')}`,
    email: ordinal % 19 === 4 ? null : `m${ordinal}@example.com`,
    ...(ordinal % 23 === 5 ? { pushToken: null, pushPlatform: null } : { pushToken: `device-${ordinal}` }),
    ...(ordinal % 29 === 6 && { consent: {} }),
    level: ordinal % 4,
  };
}

/** Whether a member could be told on a channel before anything happened. */
export function isReachable(ordinal: number, channel: Channel): boolean {
  const flags = memberFlags({ ...REACHABLE, ...fieldsOf(ordinal) }, 0);
  return (flags & consentBit(channel)) !== 0 && (flags & contactBit(channel)) !== 0;
}

/** Files without a thread that copies logs back: those of a run are far too small for it. */
export const UNTHREADED: FileAccess = {
  openWriter,
  openReader,
  startCopier: () => ({ copy: async () => undefined, close: async () => undefined }),
};

/** Stores with members in them, each made once and copied for each run. */
export class Populations {
  private readonly folder = simulationFolder();
  private readonly made = new Map<number, Promise<string>>();

  async copyTo(memberCount: number, file: string): Promise<void> {
    let template = this.made.get(memberCount);
    if (template === undefined) this.made.set(memberCount, (template = this.make(memberCount)));
    copyFileSync(await template, file);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async make(memberCount: number): Promise<string> {
    const file = join(this.folder, `${memberCount}.db`);
    const clock = new ManualClock();
    const store = new SqliteStore({ file, clock, access: UNTHREADED });
    await addMembers(store, clock, { count: memberCount, fieldsOf });
    await indexAddresses({ store }, { signal: new AbortController().signal });
    await store.close();
    return file;
  }
}
