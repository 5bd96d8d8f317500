import { z } from 'zod';
import { memberId } from '../../core/ids.js';
import type { Random } from '../../core/ports/random.js';
import { changeMember, putMember } from '../../membership/change-member.js';
import { eraseMember, type EraseDeps } from '../../membership/erase-member.js';
import { findMember } from '../../membership/find-member.js';
import type { Region } from '../../membership/phone-number.js';
import { readMemberId } from '../../membership/read-member.js';
import { readStatement } from '../../membership/read-statement.js';
import { countMembers, firstAndLast, listMembers, sampleMembers } from '../../membership/scan-members.js';
import type { CursorCodec } from '../cursor.js';
import { disconnectSignal } from '../disconnect-signal.js';
import { checkedFilterOf, filterFields, type CheckFilter } from '../filter-input.js';
import type { HttpApp } from '../http-app.js';
import { memberBody, memberOutput, renderMember } from '../member-schemas.js';
import { cursorQuery, limitQuery, pageOf } from '../schemas.js';
import { canonicalFilterText } from '../../membership/filter-canonical.js';

export interface MemberRoutesDeps extends EraseDeps {
  readonly random: Random;
  readonly cursors: CursorCodec;
  readonly desk: CheckFilter;
  /** Country whose national phone format is understood. */
  readonly defaultRegion: Region | undefined;
}

/** A member id in a path, percent-encoded. */
export const byMemberId = z.strictObject({ memberId: z.string().min(1).max(128) });

const searchBody = z.strictObject({
  ...filterFields,
  limit: z.int().min(1).max(200).default(50),
  cursor: cursorQuery,
});

/** Members: look up, say something about, erase, search, count. */
export function registerMemberRoutes(app: HttpApp, deps: MemberRoutesDeps): void {
  registerOne(app, deps);
  registerErase(app, deps);
  registerSearch(app, deps);
  registerCounts(app, deps);
}

function registerOne(app: HttpApp, deps: MemberRoutesDeps): void {
  const statementOf = (id: string, body: Readonly<Record<string, unknown>>) =>
    readStatement(readMemberId(id), body, { receivedAt: deps.clock.now(), defaultRegion: deps.defaultRegion });

  app.get(
    '/v1/members/:memberId',
    {
      config: { scope: 'read' },
      schema: { tags: ['members'], summary: 'Show a member', params: byMemberId, response: { 200: memberOutput } },
    },
    async ({ params }) => renderMember(await findMember(deps, { memberId: memberId(params.memberId) })),
  );

  app.put(
    '/v1/members/:memberId',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['members'],
        summary: 'Add a member, or say more about one',
        description: 'What the body leaves out stays; consent merges by its time. The same body twice changes nothing.',
        params: byMemberId,
        body: memberBody,
        response: { 200: memberOutput, 201: memberOutput },
      },
    },
    async ({ params, body }, reply) => {
      const { member, outcome } = await putMember(deps, statementOf(params.memberId, body));
      void reply.code(outcome === 'created' ? 201 : 200);
      return renderMember(member);
    },
  );

  app.patch(
    '/v1/members/:memberId',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['members'],
        summary: 'Change a member that exists',
        params: byMemberId,
        body: memberBody,
        response: { 200: memberOutput },
      },
    },
    async ({ params, body }) => renderMember(await changeMember(deps, statementOf(params.memberId, body))),
  );
}

function registerErase(app: HttpApp, deps: MemberRoutesDeps): void {
  app.delete(
    '/v1/members/:memberId',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['members'],
        summary: 'Erase a member',
        description:
          'Nothing of the person is left in the data folder when this is answered or, while something such as a ' +
          'backup reads its file, once that has ended. Suppressions stay, by keyed hash; ' +
          'in campaigns the member counts as suppressed (erased).',
        params: byMemberId,
        response: { 204: z.undefined() },
      },
    },
    async ({ params }, reply) => {
      await eraseMember(deps, { memberId: memberId(params.memberId) });
      return reply.code(204).send();
    },
  );
}

function registerSearch(app: HttpApp, deps: MemberRoutesDeps): void {
  const search = async (query: z.output<typeof searchBody>, signal: AbortSignal) => {
    const filter = await checkedFilterOf(deps, query);
    const list = ['members', canonicalFilterText(filter)];
    const afterOrdinal = deps.cursors.readNumber(list, query.cursor);
    const page = await listMembers(deps, { filter, afterOrdinal, limit: query.limit }, { signal });
    const next = page.nextAfterOrdinal;
    return {
      items: page.members.map(renderMember),
      nextCursor: next === undefined ? null : deps.cursors.write(list, next),
    };
  };

  app.get(
    '/v1/members',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['members'],
        summary: 'List members, by a condition as text',
        querystring: z.strictObject({ where: filterFields.where, limit: limitQuery, cursor: cursorQuery }),
        response: { 200: pageOf(memberOutput) },
      },
    },
    ({ query }, reply) => search(query, disconnectSignal(reply)),
  );

  app.post(
    '/v1/members/search',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['members'],
        summary: 'List members, by a condition as tree or text',
        body: searchBody,
        response: { 200: pageOf(memberOutput) },
      },
    },
    ({ body }, reply) => search(body, disconnectSignal(reply)),
  );
}

function registerCounts(app: HttpApp, deps: MemberRoutesDeps): void {
  app.post(
    '/v1/members/count',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['members'],
        summary: 'Count members, and find the first and the last',
        description:
          'Exact. Over ten million members it takes a second on core columns, up to ten on tags and attributes.',
        body: z.strictObject(filterFields),
        response: {
          200: z.object({
            memberCount: z.int().nonnegative(),
            firstOrdinal: z.int().nullable(),
            lastOrdinal: z.int().nullable(),
          }),
        },
      },
    },
    async ({ body }, reply) => {
      const filter = await checkedFilterOf(deps, body);
      const signal = disconnectSignal(reply);
      const memberCount = await countMembers(deps, filter, { signal });
      const ends = memberCount === 0 ? undefined : await firstAndLast(deps, filter, { signal });
      return { memberCount, firstOrdinal: ends?.first ?? null, lastOrdinal: ends?.last ?? null };
    },
  );

  app.post(
    '/v1/members/sample',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['members'],
        summary: 'Draw members at random, each as likely as any other',
        body: z.strictObject({ ...filterFields, size: z.int().min(1).max(100).default(10) }),
        response: { 200: z.object({ memberCount: z.int().nonnegative(), items: z.array(memberOutput) }) },
      },
    },
    async ({ body }, reply) => {
      const sample = await sampleMembers(
        deps,
        { filter: await checkedFilterOf(deps, body), size: body.size },
        { signal: disconnectSignal(reply) },
      );
      return { memberCount: sample.memberCount, items: sample.members.map(renderMember) };
    },
  );
}
