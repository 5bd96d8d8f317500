import { afterEach, beforeEach, expect, it } from 'vitest';
import { addMs } from '../../core/time.js';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';

describeMysql('texts that are JSON', () => {
  let temporary: Awaited<ReturnType<typeof temporaryMysqlStore>>;
  beforeEach(async () => {
    temporary = await temporaryMysqlStore();
  });
  afterEach(() => temporary.remove());

  it('come back from a transaction and from a read as they were kept: scopes of a key, a kept answer', async () => {
    const { store, clock } = temporary;
    const key = {
      id: 'k1',
      name: 'Shop',
      scopes: ['read', 'write'] as const,
      createdAt: clock.now(),
      createdBy: 'local',
      expiresAt: undefined,
      lastUsedAt: undefined,
      revokedAt: undefined,
    };
    const record = {
      scope: 'local',
      key: 'once',
      requestHash: new Uint8Array(32),
      answer: { kind: 'done', status: 201, reference: 'promotion/1' } as const,
      keptAt: clock.now(),
    };
    await store.transaction(async (tx) => {
      await tx.apiKeys.insert(key, new Uint8Array(32).fill(1));
      await tx.idempotency.put(record, addMs(clock.now(), -1));
      expect(await tx.apiKeys.find('k1')).toEqual(key);
    });
    expect(await store.read((tx) => tx.apiKeys.list())).toEqual([key]);
    expect(await store.read((tx) => tx.idempotency.find('local', 'once'))).toEqual(record);
  });
});
