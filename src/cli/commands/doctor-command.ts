import { DomainError } from '../../core/errors.js';
import type { Finding } from '../../nodes/doctor/finding.js';
import type { CliContext } from '../cli-context.js';
import { BadNews } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { formatCount } from '../format-values.js';
import { single, text } from '../option-reader.js';
import { renderTable } from '../tables.js';
import { JUDGEMENT_WORDS, NODE_TEXT as T } from '../text/node-text.js';
import { SERVER_TEXT } from '../text/server-text.js';

export const doctor = command({
  name: 'doctor',
  summary: T.doctor,
  details: T.doctorDetails,
  args: {},
  options: {
    data: option('--data <folder>', SERVER_TEXT.data, single(text)),
    config: option('--config <file>', SERVER_TEXT.config, single(text)),
  },
  examples: ['fanfare doctor', 'fanfare doctor --config /etc/fanfare/fanfare.config.json --json'],
  run: async (context, { options }) => {
    const { loadConfig } = await import('../../config.js');
    const { examineServers } = await import('../../compose.js');
    const { cluster } = loadConfig({ dataFolder: options.data, configFile: options.config }, context.environment);
    const findings = await examineServers(cluster ?? noCluster());
    const isSound = findings.every(({ judgement }) => judgement !== 'broken');
    await context.result({ isSound, findings: findings.map((finding) => toDocument(finding, context)) }, () =>
      renderFindings(findings, context),
    );
    const [good = '', weaker = '', broken = ''] = (['ok', 'weaker', 'broken'] as const).map((judgement) =>
      formatCount(findings.filter((finding) => finding.judgement === judgement).length),
    );
    context.note(context.say(T.examined, good, weaker, broken));
    if (!isSound) throw new BadNews();
  },
});

const toDocument = ({ meaning, advice, ...finding }: Finding, { say }: CliContext): object => ({
  ...finding,
  meaning: say(meaning),
  advice: advice === undefined ? null : say(advice),
});

const renderFindings = (findings: readonly Finding[], { say }: CliContext): string =>
  renderTable(
    [
      { title: say(T.fieldJudgement), value: ({ judgement }: Finding) => say(JUDGEMENT_WORDS[judgement]) },
      { title: say(T.fieldServer), value: ({ server, where }) => `${server} ${where}` },
      { title: say(T.fieldSetting), value: ({ setting }) => setting },
      { title: say(T.fieldValue), value: ({ value }) => value },
      {
        title: say(T.fieldMeaning),
        value: ({ meaning, advice }) => [meaning, advice].flatMap((words) => (words ? [say(words)] : [])).join(' → '),
      },
    ],
    findings,
  );

function noCluster(): never {
  throw new DomainError(
    'INVALID_CONFIG',
    'The configuration has no cluster, so there are no servers to look at; name its database as cluster.mysql.url.',
    { key: 'cluster' },
  );
}
