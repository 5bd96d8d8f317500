import { assert } from '../../core/assert.js';
import { channelIndex } from '../../core/channels.js';
import type { CampaignChange, CampaignChannelChange, CampaignRepository } from '../../campaign/campaign-repository.js';
import {
  fromCampaignRow,
  fromChannelRow,
  fromDryRunRow,
  fromMessageJson,
  fromMoveRow,
  toCampaignRow,
  toChannelRow,
  type CampaignRow,
  type ChannelRow,
  type DryRunRow,
  type MoveRow,
} from '../stored/campaign-rows.js';
import { selectOne, selectValue, type MysqlSession, type StatementOptions } from './session.js';
import { insertText, updateText, valuesOf } from './statement-text.js';

const CAMPAIGN_COLUMNS = [
  'campaign_id',
  'name',
  'promotion_id',
  'parent_campaign_id',
  'shares_references',
  'class',
  'state',
  'pause_reasons',
  'policy',
  'audience_id',
  'launch_at',
  'launched_at',
  'deliver_until',
  'expected_members',
  'max_members',
  'common_fields',
  'version',
  'created_at',
  'created_by',
  'ended_at',
  'cells_forgotten_at',
  'coupon_id',
  'own_deliver_until',
] as const satisfies readonly (keyof CampaignRow)[];

const CHANNEL_COLUMNS = [
  'campaign_id',
  'channel',
  'position',
  'pause_reasons',
  'mode',
  'message_version_id',
  'members_per_second',
  'requests_per_second',
  'price_minor',
  'currency',
  'settled_at',
  'first_handover_at',
  'last_outcome_at',
] as const satisfies readonly (keyof ChannelRow)[];

/** Columns of each field that can change: an update writes these and leaves the others to whoever changes them. */
const COLUMN_OF_CHANGE = {
  name: 'name',
  promotionId: 'promotion_id',
  couponId: 'coupon_id',
  ownDeliverUntil: 'own_deliver_until',
  campaignClass: 'class',
  state: 'state',
  pauseReasons: 'pause_reasons',
  policy: 'policy',
  audienceId: 'audience_id',
  launchAt: 'launch_at',
  launchedAt: 'launched_at',
  deliverUntil: 'deliver_until',
  expectedMembers: 'expected_members',
  maxMembers: 'max_members',
  commonFields: 'common_fields',
  version: 'version',
  endedAt: 'ended_at',
  cellsForgottenAt: 'cells_forgotten_at',
} as const satisfies Record<keyof CampaignChange, keyof CampaignRow>;

const COLUMNS_OF_CHANNEL_CHANGE = {
  pauseReasons: ['pause_reasons'],
  mode: ['mode'],
  messageVersionId: ['message_version_id'],
  membersPerSecond: ['members_per_second'],
  requestsPerSecond: ['requests_per_second'],
  price: ['price_minor', 'currency'],
  settledAt: ['settled_at'],
  firstHandoverAt: ['first_handover_at'],
  lastOutcomeAt: ['last_outcome_at'],
} as const satisfies Record<keyof CampaignChannelChange, readonly (keyof ChannelRow)[]>;

const MOVE_COLUMNS = ['campaign_id', 'at', 'actor', 'move', 'detail'] as const satisfies readonly (keyof MoveRow)[];
const DRY_RUN_COLUMNS = [
  'dry_run_id',
  'campaign_id',
  'campaign_version',
  'member_count',
  'launch_at',
  'expiring_count',
  'result',
  'made_at',
] as const satisfies readonly (keyof DryRunRow)[];

const INSERT_CAMPAIGN = insertText('campaign', CAMPAIGN_COLUMNS);
const INSERT_CHANNEL = insertText('campaign_channel', CHANNEL_COLUMNS);
const INSERT_MOVE = insertText('campaign_move', MOVE_COLUMNS);
const INSERT_DRY_RUN = insertText('dry_run', DRY_RUN_COLUMNS);
const INSERT_MESSAGE = 'INSERT INTO message_version (message_version_id, message, created_at) VALUES (?, ?, ?)';
const DELETE_CHANNELS = 'DELETE FROM campaign_channel WHERE campaign_id = ?';

const FIND = 'SELECT * FROM campaign WHERE campaign_id = ?';
const FIND_CHANNEL = 'SELECT * FROM campaign_channel WHERE campaign_id = ? AND channel = ?';
const CHANNELS = 'SELECT * FROM campaign_channel WHERE campaign_id = ? ORDER BY position';
/** Newest first. With a state it walks the index campaign_by_state, else the primary key. */
const PAGE = 'SELECT * FROM campaign WHERE campaign_id < ? ORDER BY campaign_id DESC LIMIT ?';
const PAGE_IN_STATE = 'SELECT * FROM campaign WHERE state = ? AND campaign_id < ? ORDER BY campaign_id DESC LIMIT ?';
const IN_STATES = 'SELECT * FROM campaign WHERE state IN (?) ORDER BY campaign_id';
const OF_COUPON = 'SELECT * FROM campaign WHERE coupon_id = ? ORDER BY campaign_id';
const MOVES = 'SELECT campaign_id, at, actor, move, detail FROM campaign_move WHERE campaign_id = ? ORDER BY move_id';
const FIND_MESSAGE = 'SELECT message FROM message_version WHERE message_version_id = ?';
const FIND_DRY_RUN = 'SELECT * FROM dry_run WHERE dry_run_id = ?';

export function createCampaignRepository(session: MysqlSession): CampaignRepository {
  const find = async (id: number, options?: StatementOptions) => {
    const row = await selectOne<CampaignRow>(session, FIND, [id], options);
    return row === undefined ? undefined : fromCampaignRow(row);
  };
  const findChannel = async (id: number, channel: number, options?: StatementOptions) => {
    const row = await selectOne<ChannelRow>(session, FIND_CHANNEL, [id, channel], options);
    return row === undefined ? undefined : fromChannelRow(row);
  };

  const repository: CampaignRepository = {
    insert: async (campaign, channels) => {
      await session.execute(INSERT_CAMPAIGN, valuesOf(toCampaignRow(campaign), CAMPAIGN_COLUMNS));
      for (const channel of channels) {
        await session.execute(INSERT_CHANNEL, valuesOf(toChannelRow(channel), CHANNEL_COLUMNS));
      }
    },
    find: (id) => find(id),
    lock: (id) => find(id, { lock: 'change' }),
    page: async ({ limit, before = Number.MAX_SAFE_INTEGER, state }) => {
      const rows =
        state === undefined
          ? await session.selectRows<CampaignRow>(PAGE, [before, limit])
          : await session.selectRows<CampaignRow>(PAGE_IN_STATE, [state, before, limit]);
      return rows.map(fromCampaignRow);
    },
    inStates: async (states) => {
      if (states.length === 0) return [];
      return (await session.selectRows<CampaignRow>(IN_STATES, [states], { isText: true })).map(fromCampaignRow);
    },
    ofCoupon: async (id) => (await session.selectRows<CampaignRow>(OF_COUPON, [id])).map(fromCampaignRow),
    update: async (id, change) => {
      const before = await repository.find(id);
      assert(before !== undefined, `campaign ${id} exists when it is changed`);
      const columns = columnsOf(change, COLUMN_OF_CHANGE);
      if (columns.length === 0) return;
      const values = valuesOf(toCampaignRow({ ...before, ...change }), columns);
      await session.execute(updateText('campaign', columns, 'campaign_id = ?'), [...values, id]);
    },

    channels: async (id) => (await session.selectRows<ChannelRow>(CHANNELS, [id])).map(fromChannelRow),
    findChannel: (id, channel) => findChannel(id, channelIndex(channel)),
    lockChannel: (id, channel) => findChannel(id, channelIndex(channel), { lock: 'change' }),
    updateChannel: async (id, channel, change) => {
      const before = await repository.findChannel(id, channel);
      assert(before !== undefined, `campaign ${id} has the channel ${channel} when it is changed`);
      const columns = columnsOf(change, COLUMNS_OF_CHANNEL_CHANGE).flat();
      if (columns.length === 0) return;
      const values = valuesOf(toChannelRow({ ...before, ...change }), columns);
      const sql = updateText('campaign_channel', columns, 'campaign_id = ? AND channel = ?');
      await session.execute(sql, [...values, id, channelIndex(channel)]);
    },
    replaceChannels: async (id, channels) => {
      await session.execute(DELETE_CHANNELS, [id]);
      for (const channel of channels) {
        await session.execute(INSERT_CHANNEL, valuesOf(toChannelRow(channel), CHANNEL_COLUMNS));
      }
    },

    addMove: async ({ campaignId, ...move }) => {
      await session.execute(INSERT_MOVE, valuesOf({ campaign_id: campaignId, ...move }, MOVE_COLUMNS));
    },
    moves: async (id) => (await session.selectRows<MoveRow>(MOVES, [id])).map(fromMoveRow),

    insertMessageVersion: async (messageVersionId, message, createdAt) => {
      await session.execute(INSERT_MESSAGE, [messageVersionId, JSON.stringify(message), createdAt]);
    },
    messageVersion: async (messageVersionId) => {
      const json = await selectValue<string>(session, FIND_MESSAGE, [messageVersionId]);
      return json === undefined ? undefined : fromMessageJson(json);
    },

    insertDryRun: async (record) => {
      const row: DryRunRow = {
        dry_run_id: record.dryRunId,
        campaign_id: record.campaignId,
        campaign_version: record.campaignVersion,
        member_count: record.memberCount,
        launch_at: record.launchAt,
        expiring_count: record.expiringCount,
        result: record.resultJson,
        made_at: record.madeAt,
      };
      await session.execute(INSERT_DRY_RUN, valuesOf(row, DRY_RUN_COLUMNS));
    },
    findDryRun: async (dryRunId) => {
      const row = await selectOne<DryRunRow>(session, FIND_DRY_RUN, [dryRunId]);
      return row === undefined ? undefined : fromDryRunRow(row);
    },
  };
  return repository;
}

/** The columns of the fields that a change names. */
const columnsOf = <Field extends string, Column>(
  change: Partial<Record<Field, unknown>>,
  columns: Readonly<Record<Field, Column>>,
): Column[] => Object.entries(columns).flatMap(([field, column]) => (field in change ? [column as Column] : [])); // a value of `columns`
