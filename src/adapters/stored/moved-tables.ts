/**
 * How the tables of the embedded store correspond to those of the server, for a folder that moves. Columns have the
 * same names but for those that are named here; a table that is missing here turns a test red.
 */

export interface MovedTable {
  readonly name: string;
  /** The primary key: the order in which rows are read. */
  readonly key: readonly string[];
  /** Columns that have another name in the database. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Columns of the database that the embedded store has no need of, each as an expression over the row. */
  readonly added?: Readonly<Record<string, string>>;
}

export const MOVED_TABLES: readonly MovedTable[] = [
  { name: 'id_allocator', key: ['kind'] },
  { name: 'setting', key: ['name'] },
  { name: 'member_core', key: ['ordinal'] },
  { name: 'member_profile', key: ['ordinal'] },
  { name: 'member_term', key: ['term_id'] },
  { name: 'member_tag_block', key: ['tag_id', 'block'] },
  { name: 'population_block', key: ['block'] },
  { name: 'population_flags', key: ['block'] },
  { name: 'member_address', key: ['id'] },
  { name: 'member_address_backlog', key: ['block'] },
  { name: 'suppression', key: ['subject_hash'] },
  { name: 'promotion', key: ['promotion_id'] },
  { name: 'promotion_submit', key: ['natural_key'] },
  { name: 'coupon', key: ['coupon_id'] },
  { name: 'coupon_stock', key: ['coupon_id'] },
  { name: 'coupon_set', key: ['id'] },
  { name: 'coupon_grant', key: ['coupon_id', 'ordinal', 'n'] },
  { name: 'coupon_journal', key: ['coupon_id', 'position'] },
  { name: 'coupon_code', key: ['hash'] },
  { name: 'coupon_order', key: ['order_id'] },
  { name: 'coupon_use', key: ['order_id', 'coupon_id', 'ordinal', 'n'] },
  { name: 'coupon_run', key: ['run_id'] },
  { name: 'coupon_bits', key: ['coupon_id', 'block', 'run_id'] },
  { name: 'coupon_bits_journal', key: ['coupon_id', 'block', 'run_id'] },
  { name: 'api_key', key: ['key_id'] },
  { name: 'idempotency_key', key: ['scope', 'key'] },
  // Places are in the order of commits, and so a fine order of arrival.
  { name: 'event', key: ['position'], renamed: { key: 'event_key' }, added: { arrival: 'position' } },
  { name: 'consumer_group', key: ['topic', 'group_name'], renamed: { cursor: 'read_upto' } },
  { name: 'delivery', key: ['topic', 'group_name', 'position'], renamed: { key: 'event_key' } },
  { name: 'dead_letter', key: ['group_name', 'position'], renamed: { key: 'event_key' } },
  { name: 'event_watermark', key: ['topic', 'noted_at'] },
  { name: 'audience', key: ['audience_id'] },
  { name: 'audience_bucket', key: ['id'] },
  { name: 'message_version', key: ['message_version_id'] },
  { name: 'campaign', key: ['campaign_id'] },
  { name: 'campaign_channel', key: ['campaign_id', 'channel'] },
  { name: 'campaign_move', key: ['move_id'] },
  { name: 'dry_run', key: ['dry_run_id'] },
  { name: 'ledger_bucket', key: ['id'] },
  { name: 'ledger_count', key: ['stream', 'code'] },
  { name: 'ledger_detail', key: ['stream', 'ordinal', 'sequence'] },
  { name: 'ledger_detail_count', key: ['stream'] },
  { name: 'ledger_error_count', key: ['stream', 'vendor_code'], added: { code_hash: 'sha256(vendor_code)' } },
  { name: 'campaign_choice', key: ['id'] },
  { name: 'inbox_block', key: ['block', 'campaign_id'] },
  { name: 'inbox_row', key: ['ordinal', 'campaign_id'] },
];

/** What stands in no table of the same name. */
export interface MovedFact {
  readonly name: string;
  readonly into: string;
  readonly columns: readonly string[];
  /** Answers the columns; together they are a key. */
  readonly sql: string;
}

export const MOVED_FACTS: readonly MovedFact[] = [
  // The last place that an event was given, also where the event is gone.
  {
    name: 'event places',
    into: 'event_sequence',
    columns: ['id', 'position'],
    sql: "SELECT 1 AS id, seq AS position FROM sqlite_sequence WHERE name = 'event'",
  },
  // There a block that keeps a campaign in rows has a row of its own, which is their lock.
  {
    name: 'inbox blocks in rows',
    into: 'inbox_block',
    columns: ['block', 'campaign_id'],
    sql: 'SELECT DISTINCT ordinal / 1000 AS block, campaign_id FROM inbox_row',
  },
];

/** Tables of the embedded store whose facts stand elsewhere in the database. */
export const TABLES_LEFT: Readonly<Record<string, string>> = {
  inbox_row_blocks: 'inbox_block',
};

/** Tables of the database that only a cluster needs: of its nodes, its schema and its own transactions. */
export const OWN_TABLES: readonly string[] = [
  'move_in',
  'move_in_part',
  'node',
  'node_lease',
  'schema_lock',
  'schema_migration',
  'store_commit',
  'suppression_gate',
];
