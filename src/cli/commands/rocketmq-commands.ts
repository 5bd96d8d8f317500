import { DomainError } from '../../core/errors.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { command, group, option } from '../command-spec.js';
import { formatCount } from '../format-values.js';
import { flag, single, text } from '../option-reader.js';
import { ROCKETMQ_TEXT as T } from '../text/rocketmq-text.js';
import { SERVER_TEXT } from '../text/server-text.js';

const setup = command({
  name: 'setup',
  summary: T.setup,
  details: T.setupDetails,
  args: {},
  options: {
    data: option('--data <folder>', SERVER_TEXT.data, single(text)),
    config: option('--config <file>', SERVER_TEXT.config, single(text)),
    classic: option('--classic', T.classic, flag()),
    print: option('--print', T.print, flag()),
  },
  examples: ['fanfare rocketmq setup', 'fanfare rocketmq setup --print > topics.sh'],
  run: async (context, { options }) => {
    const { loadConfig } = await import('../../config.js');
    const { rocketmqScript, setUpRocketmq } = await import('../../compose.js');
    const { cluster } = loadConfig({ dataFolder: options.data, configFile: options.config }, context.environment);
    const settings = withClassic(cluster?.rocketmq ?? missingSettings(), options.classic);
    if (options.print) {
      const script = rocketmqScript(settings);
      await context.result({ script }, () => script);
      return;
    }
    const report = await setUpRocketmq(settings);
    const { created, existing } = report;
    await context.result(report, () => created.map((name) => `${name}\n`).join(''));
    context.note(context.say(T.setUp, formatCount(created.length), formatCount(existing.length)));
  },
});

const withClassic = (settings: RocketmqSettings, isClassic: boolean): RocketmqSettings =>
  isClassic ? { ...settings, isClassic } : settings;

function missingSettings(): never {
  throw new DomainError(
    'INVALID_CONFIG',
    'The configuration has no cluster.rocketmq; give it the addresses of its proxies as cluster.rocketmq.endpoints, and of its name servers as cluster.rocketmq.nameServers.',
    { key: 'cluster.rocketmq' },
  );
}

export const rocketmqCommands = group('rocketmq', T.group, [setup]);
