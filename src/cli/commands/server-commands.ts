/** The two commands that need no server: one is it, the other reads what it would be. */
import { once } from 'node:events';
import { command, group, option } from '../command-spec.js';
import type { CliContext } from '../cli-context.js';
import { formatCount } from '../format-values.js';
import { choice, single, singleOr, text, wholeNumber } from '../option-reader.js';
import { productVersion } from '../product-version.js';
import { renderTable } from '../tables.js';
import { CAMPAIGN_TEXT, CHANNEL_WORDS } from '../text/campaign-text.js';
import { GENERAL_TEXT } from '../text/general-text.js';
import { SERVER_TEXT as T } from '../text/server-text.js';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const dataOption = option('--data <folder>', T.data, single(text));
const configOption = option('--config <file>', T.config, single(text));

export const serve = command({
  name: 'serve',
  summary: T.serve,
  details: T.serveDetails,
  args: {},
  options: {
    data: dataOption,
    config: configOption,
    host: option('--host <address>', T.host, single(text)),
    port: option('--port <n>', T.port, single(wholeNumber(0, 65_535))),
    log: option('--log <level>', T.log, singleOr(choice(LOG_LEVELS), 'info')),
  },
  examples: ['fanfare serve', 'fanfare serve --data /srv/fanfare --port 8080 2>> fanfare.log'],
  run: async (context, { options }) => {
    const { say } = context;
    const { startServer } = await import('../../compose.js');
    const { createServerLog } = await import('../../adapters/system/server-log.js');
    const { loadConfig, secretReader } = await import('../../config.js');
    const { data: dataFolder, config: configFile, host, port } = options;
    const config = loadConfig({ dataFolder, configFile, host, port }, context.environment);
    const server = await startServer({
      config,
      version: productVersion(),
      log: createServerLog({ level: options.log }),
      readSecret: secretReader(context.environment),
    });
    const { url } = server;
    // With --json one line at the start, for which whoever starts it waits, and one at the end.
    const ready = context.isJson
      ? JSON.stringify({ url, dataFolder: config.dataFolder })
      : say(T.serving, url, config.dataFolder);
    await context.terminal.print(`${ready}\n`);
    await stopAsked(context.signal);
    context.note(say(T.stopping));
    const openMembers = await server.close();
    if (context.isJson) await context.terminal.print(`${JSON.stringify({ unansweredMembers: openMembers })}\n`);
    else context.note(openMembers === 0 ? say(T.stopped) : say(T.stoppedOpen, formatCount(openMembers)));
  },
});

async function stopAsked(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

const checkConfig = command({
  name: 'check',
  summary: T.check,
  details: T.checkDetails,
  args: {},
  options: { data: dataOption, config: configOption },
  examples: ['fanfare config check', 'fanfare config check --config /etc/fanfare/fanfare.config.json'],
  run: async (context, { options }) => {
    const { say } = context;
    const { checkChannels } = await import('../../compose.js');
    const { loadConfig, secretReader } = await import('../../config.js');
    const config = loadConfig({ dataFolder: options.data, configFile: options.config }, context.environment);
    const offers = await checkChannels(config, secretReader(context.environment));
    const channels = offers.map(({ channel, defaultMode, windowMembers, pace, price }) => ({
      channel,
      defaultMode,
      windowMembers,
      pace,
      price: price ?? null,
    }));
    const { host, port } = config.server;
    await context.result({ dataFolder: config.dataFolder, host, port, channels }, () =>
      renderTable(
        [
          { title: say(T.fieldChannel), value: ({ channel }) => say(CHANNEL_WORDS[channel]) },
          { title: say(T.fieldMode), value: ({ defaultMode }) => defaultMode },
          { title: say(T.fieldWindow), value: ({ windowMembers }) => formatCount(windowMembers), isNumber: true },
          { title: say(T.fieldPace), value: ({ pace }) => paceWords(context, pace) },
          {
            title: say(T.fieldPrice),
            value: ({ price }) =>
              price === null
                ? say(GENERAL_TEXT.none)
                : say(T.perMember, say(T.minorUnits(price.perMemberMinor, price.currency))),
          },
        ],
        channels,
      ),
    );
    context.note(say(T.good, options.config ?? config.dataFolder));
    context.next('fanfare serve');
  },
});

function paceWords(
  { say }: Pick<CliContext, 'say'>,
  pace: { readonly membersPerSecond?: number | undefined; readonly requestsPerSecond?: number | undefined },
): string {
  const { membersPerSecond, requestsPerSecond } = pace;
  const limits = [
    membersPerSecond === undefined ? [] : [say(CAMPAIGN_TEXT.perSecondMembers, formatCount(membersPerSecond))],
    requestsPerSecond === undefined ? [] : [say(CAMPAIGN_TEXT.perSecondRequests, formatCount(requestsPerSecond))],
  ].flat();
  return limits.length === 0 ? say(GENERAL_TEXT.none) : limits.join(', ');
}

export const configCommands = group('config', T.configGroup, [checkConfig]);
