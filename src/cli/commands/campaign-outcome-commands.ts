import { path } from '../api-client.js';
import { outcomePage } from '../campaign-answers.js';
import { channelName } from '../campaign-options.js';
import { command, option } from '../command-spec.js';
import { campaignIdArgument, cursorOption, limitOption } from '../common-options.js';
import { formatBytes, formatTime } from '../format-values.js';
import { required, single, text } from '../option-reader.js';
import { saveFile } from '../save-file.js';
import { showPage } from '../show-page.js';
import { renderTable } from '../tables.js';
import { CAMPAIGN_TEXT as T } from '../text/campaign-text.js';
import { GENERAL_TEXT } from '../text/general-text.js';

const channelOption = option('-c, --channel <channel>', T.oneChannel, required(channelName));
const outcomeOption = option('-o, --outcome <outcomes>', T.outcome, single(text));

export const listMembersByOutcome = command({
  name: 'members',
  summary: T.members,
  args: { id: campaignIdArgument },
  options: { channel: channelOption, outcome: outcomeOption, limit: limitOption, cursor: cursorOption },
  examples: [
    'fanfare campaign members 7 --channel sms --outcome failed',
    'fanfare campaign members 7 --channel email --outcome suppressedNoConsent,unknown --json',
  ],
  run: async (context, { args: { id }, options: { channel, outcome, ...range } }) => {
    const { say, language } = context;
    const answer = await context
      .api()
      .get(path`/v1/campaigns/${id}/channels/${channel}/members`, { outcome, lang: language, ...range });
    const page = answer.read(outcomePage);
    const first = page.items.find(({ memberId }) => memberId !== null);
    const filter = outcome === undefined ? '' : ` --outcome ${outcome}`;
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare campaign members ${id} --channel ${channel}${filter}`,
      render: (members) =>
        renderTable(
          [
            { title: say(T.fieldMember), value: ({ memberId }) => memberId ?? say(GENERAL_TEXT.none) },
            { title: say(T.fieldOutcome), value: (member) => member.outcome },
            { title: say(T.fieldTime), value: ({ at }) => formatTime(at) },
            { title: say(T.fieldReason), value: ({ reason }) => reason },
            {
              title: say(T.fieldVendor),
              value: ({ vendorCode, vendorText }) => [vendorCode, vendorText].filter((part) => part !== null).join(' '),
            },
          ],
          members,
        ),
      next: [
        ...(first === undefined ? [] : [`fanfare record ${first.memberId ?? ''}`]),
        `fanfare campaign export ${id} --channel ${channel}${filter} --output members.csv`,
      ],
    });
  },
});

export const exportMembers = command({
  name: 'export',
  summary: T.export,
  details: T.exportDetails,
  args: { id: campaignIdArgument },
  options: {
    channel: channelOption,
    outcome: outcomeOption,
    output: option('-O, --output <file>', T.output, single(text)),
  },
  examples: [
    'fanfare campaign export 7 --channel sms --outcome failed --output failed.csv',
    'fanfare campaign export 7 --channel sms | head',
  ],
  run: async (context, { args: { id }, options: { channel, outcome, output } }) => {
    const pieces = context
      .api()
      .download(
        path`/v1/campaigns/${id}/channels/${channel}/members.csv`,
        { outcome, lang: context.language },
        'text/csv',
      );
    if (output === undefined) {
      for await (const piece of pieces) await context.terminal.print(piece);
      return;
    }
    const sizeBytes = await saveFile(output, pieces);
    context.note(context.say(T.exported, output, formatBytes(sizeBytes)));
    context.next(
      channel === 'inbox' ? `fanfare campaign show ${id}` : `fanfare campaign send-again ${id} --channel ${channel}`,
    );
  },
});
