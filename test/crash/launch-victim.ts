/** Launches campaigns one after another and says so, until it is killed. Arguments: the store's file. */
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import type { PreparedAudience } from '../../src/campaign/audience-choice.js';
import { Planner } from '../../src/campaign/planner.js';
import { startCampaign } from '../../src/campaign/start-campaign.js';
import { CATALOGUE } from '../support/channel-catalogue.js';

const AUDIENCES: readonly PreparedAudience[] = [
  { definition: { kind: 'everybody' }, buckets: [] },
  { definition: { kind: 'filter', filter: { field: 'level', equals: 2 } }, buckets: [] },
];

const [file = ''] = process.argv.slice(2);
const clock = systemClock;
const store = new SqliteStore({ file, clock });
const planner = new Planner({ store, clock, onEvent: () => undefined });
planner.start();

for (let number = 0; ; number++) {
  const audience = AUDIENCES[number % AUDIENCES.length];
  if (audience === undefined) throw new Error('there are audiences');
  const wording = { language: 'en', timeZone: 'UTC' } as const;
  const context = { now: clock.now(), actor: 'victim', catalogue: CATALOGUE, wording };
  const { campaignId } = await store.transaction((tx) =>
    startCampaign(tx, context, {
      name: `Campaign ${number}`,
      audience,
      channels: [
        { channel: 'inbox', message: { body: 'Hello' } },
        { channel: 'sms', message: { body: 'Hello' } },
      ],
    }),
  );
  planner.wake();
  process.stdout.write(`${campaignId}\n`);
}
