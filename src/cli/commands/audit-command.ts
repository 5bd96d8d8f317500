import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { BadNews, UsageError } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { formatCount } from '../format-values.js';
import { single, singleOr, text, wholeNumber } from '../option-reader.js';
import { renderTable } from '../tables.js';
import { SERVER_TEXT as T } from '../text/server-text.js';

const place = z.union([z.int(), z.string()]).nullish();
const auditAnswer = z.object({
  differences: z.array(
    z.object({
      kind: z.string(),
      audienceId: place,
      campaignId: place,
      channel: place,
      bucket: place,
      what: z.string(),
      expected: z.string(),
      found: z.string(),
    }),
  ),
  summary: z.object({
    audiences: z.int(),
    campaigns: z.int(),
    cells: z.int(),
    memberBlocks: z.int(),
    differences: z.int(),
  }),
});
type AuditAnswer = z.output<typeof auditAnswer>;

export const audit = command({
  name: 'audit',
  summary: T.audit,
  details: T.auditDetails,
  args: {},
  options: {
    data: option('--data <folder>', T.auditData, single(text)),
    mysqlUrl: option('--mysql-url <url>', T.auditMysqlUrl, single(text)),
    limit: option('--limit <n>', T.auditLimit, singleOr(wholeNumber(0, 10_000), 1_000)),
  },
  examples: [
    'fanfare audit',
    'fanfare audit --data ./data --json',
    'fanfare audit --mysql-url mysql://fanfare@db-1:3306/fanfare',
  ],
  run: async (context, { options: { data, mysqlUrl, limit } }) => {
    if (data !== undefined && mysqlUrl !== undefined) throw new UsageError(T.auditOneSide);
    context.note(context.say(T.auditing));
    const document = await documentOf(context, { data, mysqlUrl, limit });
    const report = auditAnswer.parse(document);
    await context.result(document, () => renderAudit(report, context));
    if (report.summary.differences > 0) throw new BadNews();
    context.next('fanfare campaign list');
  },
});

async function askServer(context: CliContext, limit: number): Promise<unknown> {
  const answer = await context.api().post('/v1/audit', { body: { limit } });
  answer.read(auditAnswer);
  return answer.document;
}

interface Side {
  readonly data: string | undefined;
  readonly mysqlUrl: string | undefined;
  readonly limit: number;
}

/** The same document whoever audits: the server, or this process over a folder or a database. */
async function documentOf(context: CliContext, { data, mysqlUrl, limit }: Side): Promise<unknown> {
  if (data === undefined && mysqlUrl === undefined) return askServer(context, limit);
  const { auditDatabase, auditFolder } = await import('../../compose.js');
  const options = { limit, signal: context.signal };
  const report = mysqlUrl === undefined ? auditFolder(data ?? '', options) : auditDatabase(mysqlUrl, options);
  const { differences, summary } = await report;
  return { isBalanced: summary.differences === 0, differences, summary };
}

function renderAudit({ differences, summary }: AuditAnswer, { say }: CliContext): string {
  const { audiences, campaigns, cells, memberBlocks } = summary;
  const counts = [audiences, campaigns, cells, memberBlocks].map(formatCount);
  const [first = '', second = '', third = '', fourth = ''] = counts;
  const looked = `${say(T.lookedAt, first, second, third, fourth)}\n`;
  if (summary.differences === 0) return `${looked}${say(T.balanced)}\n`;
  const table = renderTable(
    [
      { title: say(T.fieldKind), value: ({ kind }) => kind },
      { title: say(T.fieldWhere), value: placeWords },
      { title: say(T.fieldExpected), value: ({ expected }) => expected },
      { title: say(T.fieldFound), value: ({ found }) => found },
    ],
    differences,
  );
  return `${table}${looked}${say(T.differs, formatCount(summary.differences))}\n`;
}

const placeWords = (difference: AuditAnswer['differences'][number]): string =>
  [
    ...(['audienceId', 'campaignId', 'channel', 'bucket'] as const).flatMap((name) =>
      difference[name] == null ? [] : [`${name.replace('Id', '')} ${difference[name]}`],
    ),
    difference.what,
  ]
    .filter((part) => part !== '')
    .join(', ');
