import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBooks, settleCells } from '../../test/support/books.js';
import { addMembers } from '../../test/support/members.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { campaignId } from '../core/ids.js';
import { DAY_MS } from '../core/time.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import { countUnread, markAllRead, markRead, purgeInboxes, readInbox } from './inbox.js';

describe('the inbox of a member', async () => {
  const { store, clock, remove } = await temporaryStore();
  beforeAll(() =>
    addMembers(store, [
      { ordinal: 7, memberId: 'li-wei', name: '李伟', level: 3 },
      { ordinal: 8, memberId: 'nobody-writes' },
    ]),
  );
  afterAll(remove);

  const send = async (title: string, launchedAtMs: number = clock.now()): Promise<number> => {
    const books = await openBooks(store, {
      ordinals: [7, 2_000],
      channels: ['inbox'],
      message: {
        title,
        body: '{{member.name}}, level {{member.level}}: {{promotion.name}}',
        link: 'https://shop.example/',
      },
      commonFields: { 'promotion.name': 'Double Eleven' },
      launchedAtMs,
    });
    await settleCells(store, books, { channel: 'inbox', codeOf: () => OUTCOME_CODES.sent });
    return books.campaignId;
  };

  it('pages newest first, rendered from the version of the launch, counts and marks', async () => {
    const sent = [await send('one'), await send('two'), await send('three')];
    const first = await store.read((tx) => readInbox(tx, 'li-wei', { limit: 2 }));
    expect(first.messages.map(({ message }) => message.title)).toEqual(['three', 'two']);
    expect(first.messages[0]).toEqual({
      campaignId: sent[2],
      launchedAt: clock.now(),
      isRead: false,
      message: { title: 'three', body: '李伟, level 3: Double Eleven', link: 'https://shop.example/' },
    });
    const last = await store.read((tx) => readInbox(tx, 'li-wei', { limit: 2, before: first.nextBefore ?? undefined }));
    expect(last.messages.map(({ message }) => message.title)).toEqual(['one']);
    expect(last.nextBefore).toBeNull();

    await store.transaction((tx) => markRead(tx, 'li-wei', campaignId(sent[1] ?? 0)));
    expect(await store.read((tx) => countUnread(tx, 'li-wei'))).toBe(2);
    expect(await markAllRead(store, 'li-wei')).toBe(2);
    expect(await markAllRead(store, 'li-wei')).toBe(0);
    expect(await store.read((tx) => countUnread(tx, 'li-wei'))).toBe(0);
  });

  it('is empty for a member to whom nothing was sent, and unknown for a stranger', async () => {
    const read = (memberId: string) => store.read((tx) => readInbox(tx, memberId, { limit: 5 }));
    expect(await read('nobody-writes')).toEqual({ messages: [], nextBefore: null });
    await expect(read('stranger')).rejects.toMatchObject({ code: 'NOT_FOUND', values: { memberId: 'stranger' } });
    await expect(store.transaction((tx) => markRead(tx, 'nobody-writes', campaignId(1)))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      values: { memberId: 'nobody-writes', campaignId: 1 },
    });
  });

  it('forgets messages 90 days after their launch', async () => {
    const old = await send('old', clock.now() - 91 * DAY_MS);
    const young = await send('young', clock.now() - 89 * DAY_MS);
    expect(await purgeInboxes({ store, clock })).toBeGreaterThan(0); // how messages are packed is the store's to say
    expect(await purgeInboxes({ store, clock })).toBe(0);
    const page = await store.read((tx) => readInbox(tx, 'li-wei', { limit: 50 }));
    const campaigns: readonly number[] = page.messages.map((message) => message.campaignId);
    expect(campaigns).toContain(young);
    expect(campaigns).not.toContain(old);
  });
});
