import type { MoveProgress, MoveReport } from '../../compose.js';
import type { CliContext } from '../cli-context.js';
import { Interrupted, UsageError } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { formatCount, formatDuration } from '../format-values.js';
import { single, text } from '../option-reader.js';
import { openProgress, type ProgressDisplay } from '../progress-display.js';
import { RateMeter } from '../rate-meter.js';
import { renderPairs } from '../tables.js';
import { CAMPAIGN_TEXT } from '../text/campaign-text.js';
import { MOVE_TEXT as T } from '../text/move-text.js';
import { SERVER_TEXT } from '../text/server-text.js';

export const move = command({
  name: 'move',
  summary: T.move,
  details: T.moveDetails,
  args: {},
  options: {
    to: option('--to <url>', T.to, single(text)),
    data: option('--data <folder>', SERVER_TEXT.data, single(text)),
    config: option('--config <file>', SERVER_TEXT.config, single(text)),
  },
  examples: ['fanfare move --to mysql://fanfare@db-1:3306/fanfare --data ./data'],
  run: async (context, { options }) => {
    const { say, environment, signal, language } = context;
    const url = options.to ?? environment['FANFARE_MYSQL_URL'];
    if (url === undefined || url === '') throw new UsageError(T.toMissing);
    const { moveFolder } = await import('../../compose.js');
    const { loadConfig } = await import('../../config.js');
    const { dataFolder } = loadConfig({ dataFolder: options.data, configFile: options.config }, environment);
    const display = openProgress(context);
    try {
      const report = await moveFolder({ folder: dataFolder, url, signal, onProgress: showing(context, display) });
      display.stop();
      await context.result(report, () => renderReport(report, context));
      const span = formatDuration(report.copyMs, language);
      context.note(report.audited === null ? say(T.movedBefore, report.to) : say(T.moved, report.to, span));
    } catch (error) {
      if (!signal.aborted) throw error;
      display.note(say(T.interrupted));
      throw new Interrupted();
    } finally {
      display.stop();
    }
  },
});

function showing(context: CliContext, display: ProgressDisplay): (progress: MoveProgress) => void {
  const { say, clock, language } = context;
  const meter = new RateMeter();
  return (progress) => {
    if (progress.step !== 'copy') {
      context.note(say(T[progress.step]));
      return;
    }
    const { rows, totalRows } = progress;
    const rate = meter.add(clock.monotonicMs(), rows);
    const text = [
      `${formatCount(rows)}/${formatCount(totalRows)}`,
      say(T.perSecond, formatCount(Math.round(rate))),
      ...(rate >= 1 && rows < totalRows
        ? [say(CAMPAIGN_TEXT.left, formatDuration(((totalRows - rows) / rate) * 1_000, language))]
        : []),
    ];
    display.update([{ label: say(T.rows), done: rows, total: totalRows, text: text.join('  ') }]);
  };
}

const renderReport = ({ rows, rowsNow, audited }: MoveReport, { say }: CliContext): string =>
  renderPairs([
    [say(T.fieldRows), formatCount(rows)],
    [say(T.fieldRowsNow), formatCount(rowsNow)],
    ...(audited === null
      ? []
      : ([
          [say(T.fieldCampaigns), formatCount(audited.campaigns)],
          [say(T.fieldCells), formatCount(audited.cells)],
        ] as const)),
  ]);
