import { z } from 'zod';
import { countUnread, markAllRead, markRead, readInbox, type InboxTx } from '../../campaign/inbox.js';
import { campaignId } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import { formatInstant } from '../../core/time.js';
import type { CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { cursorQuery, idOutput, idParameter, instantOutput, limitQuery, nextCursorOutput } from '../schemas.js';
import { byMemberId } from './member-routes.js';

export const inboxOutput = z
  .object({
    items: z.array(
      z.object({
        campaignId: idOutput,
        launchedAt: instantOutput,
        isRead: z.boolean(),
        title: z.string().nullable(),
        body: z.string().nullable(),
        link: z.string().nullable(),
      }),
    ),
    nextCursor: nextCursorOutput,
  })
  .meta({ id: 'InboxPage' });

export const inboxQuery = z.strictObject({ limit: limitQuery, cursor: cursorQuery });
export const unreadOutput = z.object({ unreadCount: z.int().nonnegative() });
export const markedOutput = z.object({ markedCount: z.int().nonnegative() });

export interface InboxRoutesDeps {
  readonly store: Store<InboxTx>;
  readonly cursors: CursorCodec;
}

/** Messages that members read in the shop's own app. The shop's server calls these for the member it knows. */
export function registerInboxRoutes(app: HttpApp, { store, cursors }: InboxRoutesDeps): void {
  app.get(
    '/v1/members/:memberId/inbox',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['inbox'],
        summary: "A page of a member's inbox, newest campaign first",
        description:
          'In the order in which campaigns were created, which is not that of their launches where one waited as a draft. ' +
          'Texts are those fixed at launch, with what is known of the member now. Messages leave after 90 days.',
        params: byMemberId,
        querystring: inboxQuery,
        response: { 200: inboxOutput },
      },
    },
    ({ params, query }) => inboxPage({ store, cursors }, params.memberId, query),
  );

  app.get(
    '/v1/members/:memberId/inbox/unread',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['inbox'],
        summary: 'How many messages a member has not read',
        params: byMemberId,
        response: { 200: unreadOutput },
      },
    },
    async ({ params }) => ({ unreadCount: await store.read((tx) => countUnread(tx, params.memberId)) }),
  );

  app.put(
    '/v1/members/:memberId/inbox/:id/read',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['inbox'],
        summary: 'Mark the message of a campaign as read',
        params: byMemberId.extend({ id: idParameter }),
        response: { 204: z.undefined() },
      },
    },
    async ({ params }, reply) => {
      await store.transaction((tx) => markRead(tx, params.memberId, campaignId(params.id)));
      return reply.code(204).send();
    },
  );

  app.put(
    '/v1/members/:memberId/inbox/read',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['inbox'],
        summary: 'Mark everything as read',
        params: byMemberId,
        response: { 200: markedOutput },
      },
    },
    async ({ params }) => ({ markedCount: await markAllRead(store, params.memberId) }),
  );
}

/** A page of a member's messages. */
export async function inboxPage(
  { store, cursors }: InboxRoutesDeps,
  memberId: string,
  query: z.output<typeof inboxQuery>,
): Promise<z.output<typeof inboxOutput>> {
  const list = ['inbox', memberId];
  const before = cursors.readNumber(list, query.cursor);
  const page = await store.read((tx) =>
    readInbox(tx, memberId, { limit: query.limit, before: before === undefined ? undefined : campaignId(before) }),
  );
  return {
    items: page.messages.map(({ message, launchedAt, ...entry }) => ({
      ...entry,
      launchedAt: formatInstant(launchedAt),
      title: message.title ?? null,
      body: message.body ?? null,
      link: message.link ?? null,
    })),
    nextCursor: page.nextBefore === null ? null : cursors.write(list, page.nextBefore),
  };
}
