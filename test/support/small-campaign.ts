/**
 * A campaign small enough to be killed at each of its steps: five buckets, ten chunks. It is run by an engine without
 * HTTP, in a process that is killed, and then to its end by one that is not.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { startCampaign } from '../../src/campaign/start-campaign.js';
import { openEmbedded, type Engine, type EngineEvent } from '../../src/compose.js';
import { loadConfig, secretReader } from '../../src/config.js';
import type { Channel } from '../../src/core/channels.js';
import type { CampaignId } from '../../src/core/ids.js';
import { smsVendorSettings } from '../../src/demo/vendors/vendor-settings.js';
import { reportAudit } from '../../src/ledger/audit.js';
import { decodeBucket } from '../../src/ledger/bucket-members.js';
import { nameOfCode } from '../../src/ledger/cell-code.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { addMembers } from './push-rig.js';

export const SMALL_MEMBERS = 4_400;
export const SMALL_WINDOW = 500;
export const SMALL_NAME = 'Small and swept';

/** The inbox takes part where the mode is keyed, as it always is there. */
export const channelsOf = (mode: DeliveryMode): readonly Channel[] => (mode === 'keyed' ? ['inbox', 'sms'] : ['sms']);

/** Data folders that all begin with the same members. */
export class SmallFolders {
  private readonly root = mkdtempSync(join(tmpdir(), 'fanfare-small-'));
  private count = 0;

  static async create(members = SMALL_MEMBERS): Promise<SmallFolders> {
    const folders = new SmallFolders();
    const store = new SqliteStore({ file: folders.template, clock: systemClock });
    await addMembers(store, systemClock, {
      count: members,
      fieldsOf: (index) => ({ phone: `+86138${String(index).padStart(8, '0')}` }),
    });
    await indexAddresses({ store }); // or it is three quarters of all statements
    await store.close();
    return folders;
  }

  /** A fresh one below `parent`, which is a folder of ours unless said otherwise. */
  next(options: { readonly port: number; readonly mode: DeliveryMode; readonly parent?: string }): string {
    const folder = join(options.parent ?? this.root, `point-${++this.count}`);
    mkdirSync(folder, { mode: 0o700 });
    copyFileSync(this.template, join(folder, 'fanfare.db'));
    writeFileSync(join(folder, 'fanfare.config.json'), JSON.stringify(smallConfig(options)));
    return folder;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private get template(): string {
    return join(this.root, 'template.db');
  }
}

function smallConfig({ port, mode }: { readonly port: number; readonly mode: DeliveryMode }): object {
  const { keyLifeMs, batch, ...settings } = smsVendorSettings(port) as {
    readonly keyLifeMs: number;
    readonly batch: object;
  };
  const provider = {
    ...settings,
    batch: { ...batch, maxMembers: SMALL_WINDOW },
    ...(mode === 'keyed' && { keyLifeMs }),
  };
  const retry = { firstDelayMs: 100, maxDelayMs: 200 };
  return { channels: { sms: { provider, mode, windowMembers: SMALL_WINDOW, retry } } };
}

export function openSmall(dataFolder: string, onEvent: (event: EngineEvent) => void = () => {}): Promise<Engine> {
  return openEmbedded({ config: loadConfig({ dataFolder }, {}), readSecret: secretReader({}), onEvent });
}

/** The campaign of a folder, launched unless it is there. */
export async function ensureLaunched(engine: Engine): Promise<{ readonly id: CampaignId; readonly wasThere: boolean }> {
  const { store, clock, catalogue } = engine;
  const found = await store.read((tx) => tx.campaigns.inStates(['scheduled', 'freezing', 'running', 'completed']));
  const [first, ...others] = found;
  if (others.length > 0) throw new Error(`There are ${found.length} campaigns, launched once.`);
  if (first !== undefined) return { id: first.campaignId, wasThere: true };
  const context = {
    now: clock.now(),
    actor: 'victim',
    catalogue,
    wording: { language: 'en', timeZone: 'UTC' },
  } as const;
  const { campaignId } = await store.transaction((tx) =>
    startCampaign(tx, context, {
      name: SMALL_NAME,
      audience: { definition: { kind: 'everybody' }, buckets: [] },
      channels: [...catalogue.values()]
        .map(({ channel }) => channel)
        .filter((channel) => channelsOf(catalogue.get('sms')?.defaultMode ?? 'keyed').includes(channel))
        .map((channel) => ({ channel, message: { body: 'Hello {{member.name}}' } })),
    }),
  );
  engine.wake();
  return { id: campaignId, wasThere: false };
}

export const isCompleted = (engine: Engine, id: CampaignId): Promise<boolean> =>
  engine.store.read(async (tx) => (await tx.campaigns.find(id))?.state === 'completed');

/** Waits for something of an engine, with a deadline. */
export async function until(what: string, holds: () => Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  const endsMs = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > endsMs) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await after(5);
  }
}

/** What a folder's books say once its campaign has ended. */
export interface SmallStory {
  readonly wasThere: boolean;
  /** Outcome of each member by ordinal. */
  readonly outcomes: ReadonlyMap<Channel, readonly string[]>;
  readonly inboxMembers: number;
  readonly differences: readonly unknown[];
}

/** Opens a folder again, lets its campaign end and reads the books. */
export async function finishSmall(dataFolder: string): Promise<SmallStory> {
  const events: EngineEvent[] = [];
  const engine = await openSmall(dataFolder, (event) => events.push(event));
  try {
    const { id, wasThere } = await ensureLaunched(engine);
    await until(`the campaign of ${dataFolder} is completed`, () => isCompleted(engine, id)).catch((error: unknown) => {
      throw new Error(`${String(error)} ${JSON.stringify(events)}`);
    });
    return { wasThere, ...(await readStory(engine)) };
  } finally {
    await engine.close(0);
  }
}

async function readStory(engine: Engine): Promise<Omit<SmallStory, 'wasThere'>> {
  const { store, clock, membership } = engine;
  const { hashSubject } = membership;
  const report = await reportAudit({ store, clock, hashSubject }, { limit: 20, signal: new AbortController().signal });
  return store.read(async (tx) => {
    const [campaign] = await tx.campaigns.inStates(['completed']);
    if (campaign === undefined) throw new Error('There is no campaign.');
    const outcomes = new Map<Channel, string[]>();
    for (const { channel } of await tx.campaigns.channels(campaign.campaignId)) {
      const names: string[] = [];
      const stream = { campaignId: campaign.campaignId, channel };
      for (const { bucket, cells } of await tx.ledger.rows(stream, 0, 100)) {
        const [frozen] = await tx.audiences.buckets(campaign.audienceId, bucket, 1);
        if (frozen === undefined) throw new Error(`bucket ${bucket} is not there`);
        decodeBucket(frozen).forEach((ordinal, position) => {
          names[ordinal] = nameOfCode(cells[position] ?? 0) ?? 'no code';
        });
      }
      outcomes.set(channel, names);
    }
    const holders = await tx.inbox.holdersBetween(campaign.campaignId, { from: 0, until: Infinity });
    return { outcomes, inboxMembers: holders.length, differences: report.differences };
  });
}
