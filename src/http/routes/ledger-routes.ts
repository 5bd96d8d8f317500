import { Readable } from 'node:stream';
import { z } from 'zod';
import { assert } from '../../core/assert.js';
import { CHANNELS } from '../../core/channels.js';
import { campaignId } from '../../core/ids.js';
import type { Store } from '../../core/ports/store.js';
import { formatInstant, type EpochMs } from '../../core/time.js';
import { nameOfCode, OUTCOME_CLASSES, OUTCOME_NAMES } from '../../ledger/cell-code.js';
import type { DetailRow } from '../../ledger/ledger-repository.js';
import { readMemberRecord, type MemberChannelRecord, type MemberRecordTx } from '../../ledger/member-record.js';
import { exportOutcomes } from '../../ledger/outcome-export.js';
import { OUTCOME_FILTERS, parseOutcomeFilter } from '../../ledger/outcome-filter.js';
import { readOutcomePage, type OutcomeListTx } from '../../ledger/outcome-list.js';
import { outcomeWords } from '../../ledger/outcome-words.js';
import type { CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { languageOf, languageQuery } from '../language.js';
import { cursorQuery, idOutput, idParameter, instantOutput, limitQuery, nextCursorOutput, pageOf } from '../schemas.js';
import { byMemberId } from './member-routes.js';

const outcomeName = z.enum(['pending', 'inFlight', ...OUTCOME_NAMES]);
const outcomeClass = z.enum(OUTCOME_CLASSES);
const nullableInstant = instantOutput.nullable();

const detailOutput = z.object({
  at: instantOutput,
  outcome: outcomeName,
  vendorCode: z.string().nullable(),
  vendorText: z.string().nullable(),
  vendorMessageId: z.string().nullable(),
});

const channelRecordOutput = z.object({
  channel: z.enum(CHANNELS),
  outcome: outcomeName,
  outcomeClass,
  reason: z.string().describe('The outcome in words'),
  tries: z.object({ definite: z.int(), ambiguous: z.int() }).nullable(),
  firstHandoverAt: nullableInstant,
  lastHandoverAt: nullableInstant,
  details: z.array(detailOutput).describe("The vendor's words, where they were kept"),
  message: z.record(z.string(), z.string()).nullable().describe('The text, rendered again'),
  hasMemberChanged: z.boolean().describe('True when the member has changed since: the text may have read otherwise'),
});

const recordOutput = z
  .object({
    items: z.array(
      z.object({
        campaignId: idOutput,
        campaignName: z.string(),
        launchedAt: instantOutput,
        channels: z.array(channelRecordOutput),
      }),
    ),
    nextCursor: nextCursorOutput,
  })
  .meta({ id: 'MemberRecord' });

const listedOutput = z
  .object({
    memberId: z.string().nullable().describe('null once the member was erased'),
    ordinal: z.int().nonnegative(),
    outcome: outcomeName,
    outcomeClass,
    reason: z.string(),
    at: nullableInstant,
    vendorCode: z.string().nullable(),
    vendorText: z.string().nullable(),
    vendorMessageId: z.string().nullable(),
  })
  .meta({ id: 'OutcomeOfMember' });

const byStream = z.strictObject({ id: idParameter, channel: z.enum(CHANNELS) });
const outcomeQuery = z
  .string()
  .max(500)
  .default('')
  .describe(`Names with commas between them; everybody where left out. Known: ${OUTCOME_FILTERS.join(', ')}`);

interface LedgerRoutesDeps {
  readonly store: Store<MemberRecordTx & OutcomeListTx>;
  readonly cursors: CursorCodec;
}

/** What happened to whom: a member's record, a campaign's members by outcome, the same as a file. */
export function registerLedgerRoutes(app: HttpApp, deps: LedgerRoutesDeps): void {
  registerRecord(app, deps);
  registerOutcomes(app, deps);
  registerExport(app, deps);
}

function registerRecord(app: HttpApp, { store, cursors }: LedgerRoutesDeps): void {
  app.get(
    '/v1/members/:memberId/record',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['ledger'],
        summary: 'What every campaign did with a member, newest first',
        params: byMemberId,
        querystring: z.strictObject({ limit: limitQuery, cursor: cursorQuery, lang: languageQuery }),
        response: { 200: recordOutput },
      },
    },
    async (request) => {
      const { params, query } = request;
      const list = ['record', params.memberId];
      const before = cursors.readNumber(list, query.cursor);
      const page = await readMemberRecord(store, {
        memberId: params.memberId,
        limit: query.limit,
        before: before === undefined ? undefined : campaignId(before),
        language: languageOf(request, query.lang),
      });
      return {
        items: page.campaigns.map(({ launchedAt, channels, ...campaign }) => ({
          ...campaign,
          launchedAt: formatInstant(launchedAt),
          channels: channels.map(renderChannelRecord),
        })),
        nextCursor: page.nextBefore === null ? null : cursors.write(list, page.nextBefore),
      };
    },
  );
}

function registerOutcomes(app: HttpApp, { store, cursors }: LedgerRoutesDeps): void {
  app.get(
    '/v1/campaigns/:id/channels/:channel/members',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['ledger'],
        summary: 'Members of a campaign on a channel, by outcome',
        description: 'Dead letters are outcome=failedExhausted,failedPoison.',
        params: byStream,
        querystring: z.strictObject({
          outcome: outcomeQuery,
          limit: limitQuery,
          cursor: cursorQuery,
          lang: languageQuery,
        }),
        response: { 200: pageOf(listedOutput) },
      },
    },
    async (request) => {
      const { params, query } = request;
      const names = namesOf(query.outcome);
      const list = ['outcomes', String(params.id), params.channel, ...names];
      const language = languageOf(request, query.lang);
      const slice = await readOutcomePage(store, {
        campaignId: campaignId(params.id),
        channel: params.channel,
        filter: parseOutcomeFilter(names),
        fromPlace: cursors.readNumber(list, query.cursor) ?? 0,
        limit: query.limit,
      });
      return {
        items: slice.members.map((member) => ({
          ...member,
          reason: outcomeWords(member.outcome, language),
          at: instantOrNull(member.at),
        })),
        nextCursor: slice.nextPlace === null ? null : cursors.write(list, slice.nextPlace),
      };
    },
  );
}

function registerExport(app: HttpApp, { store }: LedgerRoutesDeps): void {
  app.get(
    '/v1/campaigns/:id/channels/:channel/members.csv',
    {
      config: { scope: 'read', answerType: 'text/csv' },
      schema: {
        tags: ['ledger'],
        summary: 'The same list as a CSV file, streamed',
        description: 'RFC 4180. A cell that a spreadsheet would run as a formula begins with an apostrophe.',
        params: byStream,
        querystring: z.strictObject({ outcome: outcomeQuery, lang: languageQuery }),
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const pieces = exportOutcomes(
        store,
        {
          campaignId: campaignId(params.id),
          channel: params.channel,
          filter: parseOutcomeFilter(namesOf(query.outcome)),
        },
        { language: languageOf(request, query.lang) },
      );
      const first = await pieces.next(); // refuses an unknown campaign before the answer begins
      const file = `campaign-${params.id}-${params.channel}.csv`;
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${file}"`)
        .send(Readable.from(startingWith(first, pieces)));
    },
  );
}

async function* startingWith(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

const namesOf = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const instantOrNull = (at: EpochMs | null): string | null => (at === null ? null : formatInstant(at));

function renderChannelRecord(record: MemberChannelRecord): z.output<typeof channelRecordOutput> {
  return {
    ...record,
    firstHandoverAt: instantOrNull(record.firstHandoverAt),
    lastHandoverAt: instantOrNull(record.lastHandoverAt),
    details: record.details.map(renderDetail),
    message: record.message === null ? null : definedParts(record.message),
  };
}

function renderDetail({ at, cellCode, ...vendor }: DetailRow): z.output<typeof detailOutput> {
  const outcome = nameOfCode(cellCode);
  assert(outcome !== undefined, `${cellCode} is a code of the ledger`);
  return {
    at: formatInstant(at),
    outcome,
    vendorCode: vendor.vendorCode,
    vendorText: vendor.vendorText,
    vendorMessageId: vendor.vendorMessageId,
  };
}

const definedParts = (message: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(message).flatMap(([part, text]) => (text === undefined ? [] : [[part, text]])));
