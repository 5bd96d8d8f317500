import type { StoreAddress } from '../../compose.js';
import type { CliContext } from '../cli-context.js';
import { BadNews } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { formatCount } from '../format-values.js';
import { flag, single, text } from '../option-reader.js';
import { NODE_TEXT as T } from '../text/node-text.js';
import { SERVER_TEXT } from '../text/server-text.js';

export const migrate = command({
  name: 'migrate',
  summary: T.migrate,
  details: T.migrateDetails,
  args: {},
  options: {
    check: option('--check', T.check, flag()),
    mysqlUrl: option('--mysql-url <url>', T.mysqlUrl, single(text)),
    data: option('--data <folder>', SERVER_TEXT.data, single(text)),
    config: option('--config <file>', SERVER_TEXT.config, single(text)),
  },
  examples: ['fanfare migrate --check', 'fanfare migrate --mysql-url mysql://fanfare@db-1:3306/fanfare'],
  run: async (context, { options }) => {
    const { bringUpToDate } = await import('../../compose.js');
    const report = await bringUpToDate(await storeOf(context, options), { isCheck: options.check });
    const { done, pending } = report;
    await context.result(report, () => [...done, ...pending].map(({ number, name }) => `${number} ${name}\n`).join(''));
    if (pending.length > 0) {
      context.note(context.say(T.pending, formatCount(pending.length)));
      throw new BadNews();
    }
    context.note(done.length === 0 ? context.say(T.upToDate) : context.say(T.migrated, formatCount(done.length)));
    context.next('fanfare serve');
  },
});

async function storeOf(
  { environment }: CliContext,
  options: {
    readonly mysqlUrl: string | undefined;
    readonly data: string | undefined;
    readonly config: string | undefined;
  },
): Promise<StoreAddress> {
  if (options.mysqlUrl !== undefined) return { mysqlUrl: options.mysqlUrl };
  const { loadConfig } = await import('../../config.js');
  const { cluster, dataFolder } = loadConfig({ dataFolder: options.data, configFile: options.config }, environment);
  return cluster === undefined ? { dataFolder } : { mysqlUrl: cluster.mysql.url };
}
