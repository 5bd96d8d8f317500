import { z } from 'zod';
import { path } from '../api-client.js';
import { argument, command, option } from '../command-spec.js';
import { couponIdArgument } from '../common-options.js';
import { formatCount } from '../format-values.js';
import { required, single, text } from '../option-reader.js';
import { saveFile } from '../save-file.js';
import { renderPairs } from '../tables.js';
import { COUPON_TEXT as T } from '../text/coupon-text.js';
import { MEMBER_TEXT } from '../text/member-text.js';
import { openSource } from './import-command.js';

const grantImportAnswer = z.object({
  id: z.int(),
  granted: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
});

export const importGrants = command({
  name: 'import-grants',
  summary: T.importGrants,
  details: T.importGrantsDetails,
  args: { id: couponIdArgument, file: argument('<file>', T.grantsFile, required(text)) },
  options: { rejects: option('--rejects <file>', T.grantRejects, single(text)) },
  examples: ['fanfare coupons import-grants 3 winners.csv', 'zcat winners.csv.gz | fanfare coupons import-grants 3 -'],
  run: async (context, { args: { id, file }, options }) => {
    const { stream } = await openSource(context, file);
    const answer = await context
      .api()
      .upload(path`/v1/coupons/${id}/imports`, { contentType: 'text/csv', body: stream, query: {} })
      .finally(() => stream.destroy());
    const done = answer.read(grantImportAnswer);
    const { say } = context;
    await context.result(answer.document, () =>
      renderPairs([
        [say(T.fieldGranted), formatCount(done.granted)],
        [say(MEMBER_TEXT.fieldUnchanged), formatCount(done.unchanged)],
        [say(MEMBER_TEXT.fieldRejected), formatCount(done.rejected)],
      ]),
    );
    if (done.rejected > 0) {
      const target = options.rejects ?? `${file === '-' ? 'stdin' : file}.rejects.csv`;
      await saveFile(
        target,
        context.api().download(path`/v1/coupons/${id}/imports/${done.id}/rejects.csv`, {}, 'text/csv'),
      );
      context.note(say(MEMBER_TEXT.rejectsIn, formatCount(done.rejected), target));
    }
    context.next(`fanfare coupons show ${id}`);
  },
});
