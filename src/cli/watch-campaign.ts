/** Follows a campaign until it has ended, over restarts of the server. */
import { OUTCOME_CLASSES } from '../ledger/cell-code.js';
import { path } from './api-client.js';
import { campaignAnswer, membersOf, type CampaignAnswer, type ChannelAnswer } from './campaign-answers.js';
import { heldBackBy, renderCampaign, stateWords } from './campaign-view.js';
import type { CliContext } from './cli-context.js';
import { ApiProblem, BadNews, Interrupted, UnreachableError } from './cli-errors.js';
import { formatCount, formatDuration } from './format-values.js';
import { openProgress, type ProgressDisplay, type ProgressPart } from './progress-display.js';
import { RateMeter } from './rate-meter.js';
import { CAMPAIGN_TEXT as T, CHANNEL_WORDS, CLASS_WORDS } from './text/campaign-text.js';

/** How long a server that was there may be away before watching gives up. */
const MAX_AWAY_MS = 120_000;
const RETRY_MS = 1_000;

/**
 * Shows progress until the campaign has ended, then its books.
 * @throws Interrupted when the person stops watching; BadNews when it was cancelled or its books do not balance.
 */
export async function watchCampaign(context: CliContext, id: number): Promise<void> {
  const display = openProgress(context);
  const view = new ProgressView(context, display);
  let last: { readonly campaign: CampaignAnswer; readonly document: unknown };
  try {
    last = await followToEnd(context, { id, display, view });
  } catch (error) {
    display.stop();
    if (!context.signal.aborted) throw error;
    context.note(context.say(T.detached, id));
    throw new Interrupted();
  }
  display.stop();
  await finish(context, last);
}

interface Watch {
  readonly id: number;
  readonly display: ProgressDisplay;
  readonly view: ProgressView;
}

async function followToEnd(context: CliContext, { id, display, view }: Watch) {
  let awaySinceMs: number | undefined;
  let hasSeen = false;
  for (;;) {
    try {
      for await (const { event, data } of context.api().events(path`/v1/campaigns/${id}/progress`)) {
        if (event === 'error') throw ApiProblem.read(data) ?? new UnreachableError(context.api().url, 'stranger');
        const parsed = campaignAnswer.safeParse(data);
        if (!parsed.success) throw new UnreachableError(context.api().url, 'stranger', { cause: parsed.error });
        hasSeen = true;
        awaySinceMs = undefined;
        view.show(parsed.data);
        if (parsed.data.endedAt !== null) return { campaign: parsed.data, document: data };
      }
    } catch (error) {
      if (!hasSeen || !isAway(error)) throw error;
    }
    // The stream ended before the campaign did: the server stops, or restarts.
    if (awaySinceMs === undefined) display.note(context.say(T.serverAway));
    awaySinceMs ??= context.clock.monotonicMs();
    if (context.clock.monotonicMs() - awaySinceMs > MAX_AWAY_MS) {
      throw new UnreachableError(context.api().url, 'down');
    }
    await context.clock.sleep(RETRY_MS, context.signal);
    context.signal.throwIfAborted();
  }
}

const isAway = (error: unknown): boolean =>
  (error instanceof UnreachableError && error.kind !== 'stranger') ||
  (error instanceof ApiProblem && error.status === 503);

async function finish(
  context: CliContext,
  { campaign, document }: { readonly campaign: CampaignAnswer; readonly document: unknown },
): Promise<void> {
  await context.result(document, () => renderCampaign(campaign, context));
  const isBalanced = campaign.channels.every((channel) => channel.isBalanced);
  if (!isBalanced) {
    context.note(context.say(T.unbalanced));
    throw new BadNews();
  }
  const failed = campaign.channels.find(({ books }) => books.failed > 0);
  if (failed === undefined) context.next(`fanfare campaign history ${campaign.id}`);
  else {
    context.next(
      `fanfare campaign members ${campaign.id} --channel ${failed.channel} --outcome failed`,
      `fanfare campaign send-again ${campaign.id} --channel ${failed.channel}`,
    );
  }
  if (campaign.state !== 'completed') throw new BadNews();
}

/** What is shown of a campaign under way: a bar per channel, and a sentence when it is held back. */
class ProgressView {
  readonly #context: CliContext;
  readonly #display: ProgressDisplay;
  readonly #meters = new Map<string, RateMeter>();
  #said = '';

  constructor(context: CliContext, display: ProgressDisplay) {
    this.#context = context;
    this.#display = display;
  }

  show(campaign: CampaignAnswer): void {
    const { say } = this.#context;
    const held = heldBackBy(campaign, say);
    const sentence =
      say(T.watchStart, campaign.id, campaign.name) +
      ` · ${stateWords(campaign.state, say)}` +
      (held === '' ? '' : ` · ${say(T.heldBack, held)}`);
    if (sentence !== this.#said) this.#display.note(sentence);
    this.#said = sentence;
    if (campaign.audience.members !== null) {
      this.#display.update(campaign.channels.map((channel) => this.#part(channel)));
    }
  }

  #part(channel: ChannelAnswer): ProgressPart {
    const { say, clock, language } = this.#context;
    const total = membersOf(channel);
    const { pending } = channel.books;
    const done = total - pending;
    const rate = this.#meterOf(channel.channel).add(clock.monotonicMs(), done);
    const counts = OUTCOME_CLASSES.filter((name) => name !== 'pending' && channel.books[name] > 0).map(
      (name) => `${say(CLASS_WORDS[name])} ${formatCount(channel.books[name])}`,
    );
    const left = pending > 0 && rate >= 1 ? [say(T.left, formatDuration((pending / rate) * 1_000, language))] : [];
    const pace = pending > 0 && rate >= 1 ? [say(T.perSecondMembers, formatCount(Math.round(rate)))] : [];
    return {
      label: say(CHANNEL_WORDS[channel.channel]),
      done,
      total,
      text: [`${formatCount(done)}/${formatCount(total)}`, ...pace, ...left, ...counts].join('  '),
    };
  }

  #meterOf(channel: string): RateMeter {
    const meter = this.#meters.get(channel) ?? new RateMeter();
    this.#meters.set(channel, meter);
    return meter;
  }
}
