import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { channelIndex } from '../../core/channels.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
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

const INSERT_CAMPAIGN = `
  INSERT INTO campaign VALUES (@campaign_id, @name, @promotion_id, @parent_campaign_id, @shares_references, @class,
    @state, @pause_reasons, @policy, @audience_id, @launch_at, @launched_at, @deliver_until, @expected_members,
    @max_members, @common_fields, @version, @created_at, @created_by, @ended_at, @cells_forgotten_at, @coupon_id,
    @own_deliver_until)`;

const UPDATE_CAMPAIGN = `
  UPDATE campaign SET name = @name, promotion_id = @promotion_id, coupon_id = @coupon_id, class = @class, state = @state,
    pause_reasons = @pause_reasons, policy = @policy,
    audience_id = @audience_id, launch_at = @launch_at, launched_at = @launched_at, deliver_until = @deliver_until,
    expected_members = @expected_members, max_members = @max_members, common_fields = @common_fields,
    own_deliver_until = @own_deliver_until, version = @version, ended_at = @ended_at, cells_forgotten_at = @cells_forgotten_at
  WHERE campaign_id = @campaign_id`;

const INSERT_CHANNEL = `
  INSERT INTO campaign_channel VALUES (@campaign_id, @channel, @position, @pause_reasons, @mode, @message_version_id,
    @members_per_second, @requests_per_second, @price_minor, @currency, @settled_at, @first_handover_at,
    @last_outcome_at)`;

const UPDATE_CHANNEL = `
  UPDATE campaign_channel SET pause_reasons = @pause_reasons, mode = @mode, message_version_id = @message_version_id,
    members_per_second = @members_per_second, requests_per_second = @requests_per_second, price_minor = @price_minor,
    currency = @currency, settled_at = @settled_at, first_handover_at = @first_handover_at,
    last_outcome_at = @last_outcome_at
  WHERE campaign_id = @campaign_id AND channel = @channel`;

/** Newest first. With a state it walks the index campaign_by_state, else the primary key. */
const PAGE = 'SELECT * FROM campaign WHERE campaign_id < ? ORDER BY campaign_id DESC LIMIT ?';
const PAGE_IN_STATE = 'SELECT * FROM campaign WHERE state = ? AND campaign_id < ? ORDER BY campaign_id DESC LIMIT ?';
const IN_STATES = `
  SELECT * FROM campaign WHERE state IN (SELECT value FROM json_each(?)) ORDER BY campaign_id`;

export function createCampaignRepository(database: Database.Database): CampaignRepository {
  const insertCampaign = database.prepare<[CampaignRow]>(INSERT_CAMPAIGN);
  const updateCampaign = database.prepare<[CampaignRow]>(UPDATE_CAMPAIGN);
  const findCampaign = database.prepare<[number], CampaignRow>('SELECT * FROM campaign WHERE campaign_id = ?');
  const page = database.prepare<[number, number], CampaignRow>(PAGE);
  const pageInState = database.prepare<[string, number, number], CampaignRow>(PAGE_IN_STATE);
  const inStates = database.prepare<[string], CampaignRow>(IN_STATES);

  const ofCoupon = database.prepare<[number], CampaignRow>(
    'SELECT * FROM campaign WHERE coupon_id = ? ORDER BY campaign_id',
  );

  const insertChannel = database.prepare<[ChannelRow]>(INSERT_CHANNEL);
  const updateChannel = database.prepare<[ChannelRow]>(UPDATE_CHANNEL);
  const deleteChannels = database.prepare<[number]>('DELETE FROM campaign_channel WHERE campaign_id = ?');
  const channels = database.prepare<[number], ChannelRow>(
    'SELECT * FROM campaign_channel WHERE campaign_id = ? ORDER BY position',
  );
  const findChannel = database.prepare<[number, number], ChannelRow>(
    'SELECT * FROM campaign_channel WHERE campaign_id = ? AND channel = ?',
  );

  const addMove = database.prepare<[MoveRow]>(
    'INSERT INTO campaign_move (campaign_id, at, actor, move, detail) VALUES (@campaign_id, @at, @actor, @move, @detail)',
  );
  const moves = database.prepare<[number], MoveRow>(
    'SELECT campaign_id, at, actor, move, detail FROM campaign_move WHERE campaign_id = ? ORDER BY move_id',
  );
  const insertMessage = database.prepare<[number, string, number]>('INSERT INTO message_version VALUES (?, ?, ?)');
  const findMessage = database
    .prepare<[number], string>('SELECT message FROM message_version WHERE message_version_id = ?')
    .pluck();
  const insertDryRun = database.prepare<[DryRunRow]>(`
    INSERT INTO dry_run VALUES (@dry_run_id, @campaign_id, @campaign_version, @member_count, @launch_at, @expiring_count, @result,
      @made_at)`);
  const findDryRun = database.prepare<[number], DryRunRow>('SELECT * FROM dry_run WHERE dry_run_id = ?');

  const find: CampaignRepository['find'] = async (id) => {
    const row = findCampaign.get(id);
    return row === undefined ? undefined : fromCampaignRow(row);
  };
  const channelOf: CampaignRepository['findChannel'] = async (id, channel) => {
    const row = findChannel.get(id, channelIndex(channel));
    return row === undefined ? undefined : fromChannelRow(row);
  };

  return {
    insert: async (campaign, itsChannels) => {
      insertCampaign.run(toCampaignRow(campaign));
      for (const channel of itsChannels) insertChannel.run(toChannelRow(channel));
    },
    find,
    lock: find, // the one writer is the lock
    page: async ({ limit, before, state }) => {
      const beforeId = before ?? Number.MAX_SAFE_INTEGER;
      const rows = state === undefined ? page.all(beforeId, limit) : pageInState.all(state, beforeId, limit);
      return rows.map(fromCampaignRow);
    },
    ofCoupon: async (id) => ofCoupon.all(id).map(fromCampaignRow),
    inStates: async (states) => inStates.all(JSON.stringify(states)).map(fromCampaignRow),
    update: async (id, change) => {
      const row = findCampaign.get(id);
      assert(row !== undefined, `campaign ${id} exists when it is changed`);
      updateCampaign.run(toCampaignRow({ ...fromCampaignRow(row), ...change }));
    },

    channels: async (id) => channels.all(id).map(fromChannelRow),
    findChannel: channelOf,
    lockChannel: channelOf,
    updateChannel: async (id, channel, change) => {
      const row = findChannel.get(id, channelIndex(channel));
      assert(row !== undefined, `campaign ${id} has the channel ${channel} when it is changed`);
      updateChannel.run(toChannelRow({ ...fromChannelRow(row), ...change }));
    },
    replaceChannels: async (id, itsChannels) => {
      deleteChannels.run(id);
      for (const channel of itsChannels) insertChannel.run(toChannelRow(channel));
    },

    addMove: async ({ campaignId, ...move }) => {
      addMove.run({ campaign_id: campaignId, ...move });
    },
    moves: async (id) => moves.all(id).map(fromMoveRow),

    insertMessageVersion: async (messageVersionId, message, createdAt) => {
      insertMessage.run(messageVersionId, JSON.stringify(message), createdAt);
    },
    messageVersion: async (messageVersionId) => {
      const json = findMessage.get(messageVersionId);
      return json === undefined ? undefined : fromMessageJson(json);
    },

    insertDryRun: async (record) => {
      insertDryRun.run({
        dry_run_id: record.dryRunId,
        campaign_id: record.campaignId,
        campaign_version: record.campaignVersion,
        member_count: record.memberCount,
        launch_at: record.launchAt,
        expiring_count: record.expiringCount,
        result: record.resultJson,
        made_at: record.madeAt,
      });
    },
    findDryRun: async (dryRunId) => {
      const row = findDryRun.get(dryRunId);
      return row === undefined ? undefined : fromDryRunRow(row);
    },
  };
}
