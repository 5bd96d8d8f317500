/**
 * A pusher of one channel as a process, beside others on the same file, as the nodes of a cluster are. Arguments: the
 * store's file, its name in leases, the vendor's port. It prints a line for each outcome that was refused, looks for
 * work when it is sent a line, and ends in order with its input.
 */
import { createInterface } from 'node:readline';
import { MemoryPacer } from '../../../src/adapters/memory/memory-pacer.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../../src/adapters/system/system-clock.js';
import { buildProvider } from '../../../src/adapters/vendors/build-provider.js';
import { SeededRandom } from '../../../src/core/seeded-random.js';
import { ChannelPusher } from '../../../src/push/channel-pusher.js';
import { httpProviderSchema } from '../../../src/push/config/http-provider-config.js';
import { tellingRefusals } from '../refusals.js';
import { testKeys } from '../vendors/chunk.js';

const [file = '', owner = '', port = ''] = process.argv.slice(2);
const clock = systemClock;
const store = new SqliteStore({ file, clock });
const config = httpProviderSchema.parse({
  kind: 'http',
  url: `http://127.0.0.1:${port}/keyed/batch`,
  body: { messages: '{{items}}' },
  batch: { maxMembers: 10, item: { ref: '{{reference}}' } },
  keyLifeMs: 86_400_000,
  answers: { members: { list: '/results', reference: '/ref', code: '/code', codes: { OK: 'accepted' } } },
  connections: 4,
});
const secrets = { named: {}, signing: undefined, password: undefined, ca: undefined };
const provider = buildProvider({ channel: 'sms', config, secrets, keys: testKeys }, clock);
const pusher = new ChannelPusher({
  settings: {
    channel: 'sms',
    provider,
    windowMembers: 80,
    pace: {},
    maxDefiniteTries: 3,
    maxAmbiguousTries: 1,
    retry: { firstDelayMs: 100, maxDelayMs: 1_000 },
  },
  store: tellingRefusals(store, () => process.stdout.write('refused\n')),
  pacer: new MemoryPacer(clock),
  clock,
  random: new SeededRandom(owner),
  owner,
  onEvent: () => undefined, // a neighbour that stands still inside a transaction; it goes on when that does
});
pusher.start();
process.stdout.write('ready\n');

const commands = createInterface({ input: process.stdin });
commands.on('line', () => pusher.wake());
commands.once('close', () => {
  void pusher
    .stop(5_000)
    .then(() => provider.close())
    .then(() => store.close());
});
