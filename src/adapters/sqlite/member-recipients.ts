import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import type { RecipientColumn, RecipientsJson } from '../../core/ports/provider.js';
import { ordinalsJson } from './member-rows.js';

/**
 * Columns of many members, packed in SQL: one JSON text per column crosses into JavaScript, not a value per member.
 * The order is that of the ordinals asked for; a member that is gone is null in every column.
 */
export class MemberRecipients {
  private readonly statements = new Map<string, Database.Statement<[string], string[]>>();

  constructor(private readonly database: Database.Database) {}

  pack(ordinals: ArrayLike<number>, columns: readonly RecipientColumn[]): RecipientsJson {
    const [first] = columns;
    if (first === undefined) return {};
    const texts = this.statementFor(columns).get(ordinalsJson(ordinals));
    assert(texts !== undefined, 'an aggregate answers one row');
    return Object.fromEntries(columns.map((column, index) => [column, texts[index] ?? '[]']));
  }

  private statementFor(columns: readonly RecipientColumn[]): Database.Statement<[string], string[]> {
    const key = columns.join();
    let statement = this.statements.get(key);
    if (statement === undefined) {
      const AGGREGATES = columns.map((column) => `json_group_array(${COLUMN_SQL[column]})`).join(', ');
      const PROFILE = columns.some((column) => COLUMN_SQL[column].includes('p.')) ? PROFILE_JOIN : '';
      const CORE = columns.some((column) => COLUMN_SQL[column].includes('c.')) ? CORE_JOIN : '';
      statement = this.database
        .prepare<[string], string[]>(`SELECT ${AGGREGATES} FROM json_each(?) AS wanted ${PROFILE} ${CORE}`)
        .raw();
      this.statements.set(key, statement);
    }
    return statement;
  }
}

const PROFILE_JOIN = 'LEFT JOIN member_profile AS p ON p.ordinal = wanted.value';
const CORE_JOIN = 'LEFT JOIN member_core AS c ON c.ordinal = wanted.value';

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
  attributes: 'json(p.attributes)',
};
