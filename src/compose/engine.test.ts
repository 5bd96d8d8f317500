import { expect, it, vi } from 'vitest';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import { SeededRandom } from '../core/seeded-random.js';
import { channelsSchema } from '../push/config/channel-config.js';
import { startEngine } from './engine.js';

it('leaves no provider behind when it cannot start', async () => {
  const { store, clock, remove } = await temporaryStore();
  const provider = new ScriptedProvider();
  const close = vi.spyOn(provider, 'close');
  const url = 'https://sms.example/v1';
  const starting = startEngine(
    channelsSchema.parse({ sms: { provider: { kind: 'http', url, body: { to: '{{recipient.phone}}' } } } }),
    {
      store,
      clock,
      random: new SeededRandom(1),
      pacer: new MemoryPacer(clock),
      rejects: {
        create: () => Promise.reject(new Error('not asked for')),
        removeAll: () => Promise.reject(new Error('EACCES')),
      } as unknown as Parameters<typeof startEngine>[1]['rejects'], // what a start asks of it
      owner: 'test',
      makeProvider: () => provider,
      onEvent: () => undefined,
    },
  );
  await expect(starting).rejects.toThrow('EACCES');
  expect(close).toHaveBeenCalledTimes(1);
  await remove();
});
