import type { RecipientColumn, RecipientsJson } from '../../core/ports/provider.js';
import { keySlices } from './bounded-lists.js';
import type { MysqlSession } from './session.js';

/** Ordinals of one statement, which also bounds the text that the server gathers for a column. */
const ORDINALS_AT_ONCE = 500;

/**
 * Columns of many members, packed in SQL: one JSON text per column crosses into JavaScript, not a value per member. The
 * order is that of the ordinals asked for; a member that is gone is null in every column.
 *
 * An aggregate promises no order, so the ordinals are gathered beside the columns, from the same rows. They mostly come
 * as they were asked for, and the texts are used as they are; else they are put in order here.
 */
export class MemberRecipients {
  constructor(private readonly session: MysqlSession) {}

  async pack(ordinals: ArrayLike<number>, columns: readonly RecipientColumn[]): Promise<RecipientsJson> {
    const parts: string[][] = columns.map(() => []);
    for (const slice of keySlices(Array.from(ordinals), ORDINALS_AT_ONCE)) {
      const texts = await this.packSlice(slice, columns);
      texts.forEach((text, index) => parts[index]?.push(text));
    }
    return Object.fromEntries(columns.map((column, index) => [column, joinArrays(parts[index] ?? [])]));
  }

  private async packSlice(
    ordinals: readonly number[],
    columns: readonly RecipientColumn[],
  ): Promise<readonly string[]> {
    const [row] = await this.session.selectArrays<readonly (string | null)[]>(statementOf(columns), [ordinals], {
      isText: true,
    });
    const [found, ...texts] = (row ?? []).map((text) => text ?? '[]');
    const inOrder = JSON.parse(found ?? '[]') as readonly number[]; // ordinals of member_core
    if (inOrder.length === ordinals.length && inOrder.every((ordinal, index) => ordinal === ordinals[index])) {
      return texts;
    }
    const indexOf = new Map(inOrder.map((ordinal, index) => [ordinal, index]));
    return columns.map((_, column) => {
      const values = JSON.parse(texts[column] ?? '[]') as readonly unknown[]; // packed by the server
      return JSON.stringify(ordinals.map((ordinal) => values[indexOf.get(ordinal) ?? -1] ?? null));
    });
  }
}

function statementOf(columns: readonly RecipientColumn[]): string {
  const AGGREGATES = columns.map((column) => `, ${gathered(COLUMN_SQL[column])}`).join('');
  const PROFILE = columns.some((column) => COLUMN_SQL[column].includes('p.')) ? PROFILE_JOIN : '';
  return `SELECT ${gathered('c.ordinal')}${AGGREGATES} FROM member_core AS c ${PROFILE} WHERE c.ordinal IN (?)`;
}

/** As a text: the driver would parse what the server calls JSON. */
const gathered = (expression: string): string => `CAST(JSON_ARRAYAGG(${expression}) AS CHAR)`;

/** The texts of arrays as the text of one. */
function joinArrays(texts: readonly string[]): string {
  const [only] = texts;
  if (only !== undefined && texts.length === 1) return only;
  return `[${texts.map((text) => text.trim().slice(1, -1)).join(',')}]`;
}

const PROFILE_JOIN = 'JOIN member_profile AS p ON p.ordinal = c.ordinal';

const COLUMN_SQL: Readonly<Record<RecipientColumn, string>> = {
  memberId: 'p.member_id',
  name: 'p.name',
  level: 'c.level',
  points: 'c.points',
  activeDays: 'c.active_days',
  locale: '(SELECT term FROM member_term WHERE term_id = c.locale_id)',
  timeZone: '(SELECT term FROM member_term WHERE term_id = c.time_zone_id)',
  email: 'p.email',
  phone: 'p.phone',
  pushToken: 'p.push_token',
  pushPlatform: 'p.push_platform',
  attributes: "JSON_EXTRACT(p.attributes, '$')",
};
