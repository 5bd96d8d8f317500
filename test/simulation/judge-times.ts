import { CHANNELS, channelIndex, type Channel } from '../../src/core/channels.js';
import { cellKey, type HandedOver, type Written } from './history.js';
import type { Page } from './judge-books.js';
import type { World } from './world.js';

const OPT_OUT_GRACE_MS = 1_000;
const HOLD_GRACE_MS = 2_000;
/** A connection that takes its time may still be used so long after it was asked for. */
const CONNECT_GRACE_MS = 6_000;
/** 2 % as promised, and 5 % because a turn takes up to 50 ms from the grant to the hand-over. */
const PACE_SHARE = 1.07;
const MAX_NAMED = 3;

/** What must not have happened any more at the time when it did. */
export function judgeTimes(world: World, pages: readonly Page[]): void {
  judgeOptOuts(world);
  judgeHolds(world);
  judgeRetryAfter(world);
  judgeRefusals(world);
  if (world.scenario.theme !== 'clock') judgeLaunches(world, pages);
  if (world.scenario.theme !== 'twoProcesses') judgePace(world, pages);
}

function judgeOptOuts(world: World): void {
  const { history, sightings } = world;
  const closedAt = new Map<string, number>();
  for (const { ordinal, channel, ackedAtMs } of history.optOuts) {
    if (ackedAtMs === undefined) continue;
    const key = `${channel}/${ordinal}`;
    closedAt.set(key, Math.min(closedAt.get(key) ?? Infinity, ackedAtMs));
  }
  const late = history.written.filter((written) => {
    const fromMs = closedAt.get(`${written.channel}/${written.ordinal}`);
    if (fromMs === undefined) return false;
    if (written.atMs < fromMs) sightings.saw('opted out between two turns');
    return isLate(written, fromMs, OPT_OUT_GRACE_MS);
  });
  for (const { channel, ordinal, campaignId, atMs } of late.slice(0, MAX_NAMED)) {
    const lateMs = atMs - (closedAt.get(`${channel}/${ordinal}`) ?? 0);
    world.violate(
      `member ${ordinal} was sent campaign ${campaignId} on ${channel} ${lateMs.toFixed(0)} ms after her opt-out was acknowledged`,
    );
  }
}

function judgeHolds(world: World): void {
  const { history } = world;
  for (const { campaignId, channel, why, fromMs, untilMs } of history.holds) {
    const late = history.written.filter(
      (written) =>
        written.campaignId === campaignId &&
        (channel === undefined || written.channel === channel) &&
        isLate(written, fromMs, HOLD_GRACE_MS) &&
        written.atMs < untilMs,
    );
    const first = late[0];
    if (first === undefined) continue;
    world.violate(
      `campaign ${campaignId} sent ${late.length} members on ${first.channel} while it was ${why}, ` +
        `the first ${(first.atMs - fromMs).toFixed(0)} ms after that was acknowledged`,
    );
  }
}

/** Whether a send began too long after it was said that none may. */
const isLate = ({ startedAtMs, atMs }: Written, fromMs: number, graceMs: number): boolean =>
  startedAtMs > fromMs + graceMs || atMs > fromMs + CONNECT_GRACE_MS + graceMs;

/** Nothing is handed over to a vendor that asked for time, by the process that heard it. */
function judgeRetryAfter(world: World): void {
  const { history, sightings } = world;
  for (const { channel, life, fromMs, untilMs } of history.accountWaits) {
    const early = history.handedOver.find(
      (chunk) => chunk.channel === channel && chunk.life === life && chunk.atMs > fromMs && chunk.atMs < untilMs,
    );
    // A turn that was under way when the answer came has planned its chunks before.
    if (early !== undefined && early.atMs > fromMs + 100) {
      world.violate(
        `${channel} was handed a chunk ${(untilMs - early.atMs).toFixed(0)} ms before its Retry-After ended`,
      );
    }
    sightings.saw('Retry-After of an account honoured');
  }
  const waits = new Map<number, { life: number; untilMs: number }>();
  const handedOver = [...history.handedOver];
  let next = 0;
  const check = (uptoMs: number): void => {
    for (let chunk = handedOver[next]; chunk !== undefined && chunk.atMs < uptoMs; chunk = handedOver[++next]) {
      for (const ordinal of chunk.ordinals) {
        const wait = waits.get(cellKey(chunk.campaignId, channelIndex(chunk.channel), ordinal));
        if (wait === undefined || wait.life !== chunk.life || chunk.atMs >= wait.untilMs) continue;
        world.violate(
          `member ${ordinal} of campaign ${chunk.campaignId} was tried on ${chunk.channel} ` +
            `${(wait.untilMs - chunk.atMs).toFixed(0)} ms before the vendor's Retry-After ended`,
        );
        return;
      }
    }
  };
  if (world.scenario.theme === 'clock') return; // due times are instants of the wall clock
  for (const { kind, retryAfterMs, atMs, life, campaignId, channel, ordinal } of history.answered) {
    check(atMs);
    if (kind !== 'throttled' || retryAfterMs === undefined) continue;
    sightings.saw('Retry-After of a member honoured');
    waits.set(cellKey(campaignId, channelIndex(channel), ordinal), { life, untilMs: atMs + retryAfterMs - 1 });
  }
  check(Infinity);
}

/** Whoever was refused for good is not asked again by the process that heard it, for this campaign. */
function judgeRefusals(world: World): void {
  const { history } = world;
  const refused = new Map<string, number>();
  for (const { kind, campaignId, channel, ordinal, life, atMs } of history.answered) {
    if (kind !== 'addressRefused' && kind !== 'messageRefused') continue;
    refused.set(`${life}/${campaignId}/${channel}/${ordinal}`, atMs);
  }
  const again = history.written.find((written) => {
    const { life, campaignId, channel, ordinal, atMs } = written;
    return atMs > (refused.get(`${life}/${campaignId}/${channel}/${ordinal}`) ?? Infinity);
  });
  if (again === undefined) return;
  world.violate(`member ${again.ordinal} was asked for again on ${again.channel} after a refusal for good`);
}

/** Nothing goes out before a launch was asked for, nor before its time. */
function judgeLaunches(world: World, pages: readonly Page[]): void {
  for (const { campaign } of pages) {
    const first = world.history.written.find(({ campaignId }) => campaignId === campaign.campaignId);
    if (first === undefined) continue;
    const askedAtMs = world.history.launchAsked.get(campaign.campaignId);
    if (askedAtMs === undefined || first.atMs < askedAtMs) {
      world.violate(`campaign ${campaign.campaignId} was sent before anybody asked for its launch`);
    }
    const startMs = Date.parse('2027-01-01T00:00:00Z');
    if (campaign.launchAt !== null && startMs + first.atMs < campaign.launchAt) {
      world.violate(`campaign ${campaign.campaignId} was sent before its time`);
    }
  }
}

/** In any second no more than 102 % of a limit and one chunk is handed over. */
function judgePace(world: World, pages: readonly Page[]): void {
  const { history, scenario } = world;
  const chunkUnder = (channel: Channel, limit: number): number =>
    Math.min(Math.max(scenario.vendors.get(channel)?.isBatched === true ? 1_000 : 100, 1), Math.max(1, limit / 50));
  for (const channel of CHANNELS) {
    const limit = scenario.vendors.get(channel)?.membersPerSecond;
    if (limit === undefined) continue;
    const events = history.handedOver.filter((chunk) => chunk.channel === channel);
    checkWindows(world, `channel ${channel}`, { events, limit, chunk: chunkUnder(channel, limit) });
  }
  for (const { campaign, channel } of pages) {
    const changes = history.pace.filter(({ key }) => key === `campaign ${campaign.campaignId} ${channel}`);
    const planned = /^Campaign (\d+)$/.exec(campaign.name)?.[1];
    const limit = scenario.campaigns[Number(planned) - 1]?.membersPerSecond;
    if (limit === undefined || changes.length > 0 || channel === 'inbox') continue;
    const { campaignId } = campaign;
    const events = history.handedOver.filter((chunk) => chunk.channel === channel && chunk.campaignId === campaignId);
    checkWindows(world, `campaign ${campaignId} on ${channel}`, { events, limit, chunk: chunkUnder(channel, limit) });
  }
}

function checkWindows(
  world: World,
  what: string,
  about: {
    readonly events: readonly HandedOver[];
    readonly limit: number;
    readonly chunk: number;
  },
): void {
  const { events, limit, chunk } = about;
  const allowed = limit * PACE_SHARE + chunk;
  if (events.length > limit / 4) world.sightings.saw('waited for pace');
  let first = 0;
  let members = 0;
  for (const [index, event] of events.entries()) {
    if (event.life !== events[index - 1]?.life) {
      // Pace is kept in memory: a new process starts with a chunk of its own.
      members = 0;
      first = index;
    }
    members += event.ordinals.length;
    for (
      let oldest = events[first];
      oldest !== undefined && oldest.atMs <= event.atMs - 1_000;
      oldest = events[first]
    ) {
      members -= oldest.ordinals.length;
      first++;
    }
    if (members <= allowed + 1e-6) continue;
    world.violate(
      `${what} handed over ${members} members within a second at a limit of ${limit} and chunks of ${chunk}`,
    );
    return;
  }
}
