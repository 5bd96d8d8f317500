import { path } from '../api-client.js';
import { UsageError } from '../cli-errors.js';
import { argument, command } from '../command-spec.js';
import { couponIdArgument, cursorOption, limitOption, yesOption } from '../common-options.js';
import { required, text } from '../option-reader.js';
import { heldGrantAnswer, journalPage, renderGrant, renderJournal } from '../order-view.js';
import { showPage } from '../show-page.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import { ORDER_TEXT as T } from '../text/order-text.js';

const grantArgument = argument('<grant>', T.grant, required(text));

const showGrant = command({
  name: 'grant',
  summary: T.grantShow,
  args: { grant: grantArgument },
  options: {},
  examples: ['fanfare coupons grant 5-1204-1'],
  run: async (context, { args: { grant } }) => {
    const answer = await context.api().get(path`/v1/grants/${grant}`);
    const held = answer.read(heldGrantAnswer);
    await context.result(answer.document, () => renderGrant(held, context));
    context.next(
      held.orderId === null ? `fanfare coupons revoke ${grant} --yes` : `fanfare locks show ${held.orderId}`,
    );
  },
});

const revokeGrant = command({
  name: 'revoke',
  summary: T.revoke,
  details: T.revokeDetails,
  args: { grant: grantArgument },
  options: { yes: yesOption },
  examples: ['fanfare coupons revoke 5-1204-1 --yes'],
  run: async (context, { args: { grant }, options: { yes } }) => {
    if (!yes) throw new UsageError(FAILURE_TEXT.needsConfirmation(T.revokeCannotBeUndone, '--yes'));
    const idempotencyKey = context.newKey();
    const answer = await context.api().post(path`/v1/grants/${grant}/revoke`, { idempotencyKey });
    const held = answer.read(heldGrantAnswer);
    await context.result(answer.document, () => renderGrant(held, context));
    context.note(context.say(T.revoked, grant));
    if (held.memberId !== null) context.next(`fanfare members coupons ${held.memberId}`);
  },
});

const showJournal = command({
  name: 'journal',
  summary: T.journal,
  args: { id: couponIdArgument },
  options: { limit: limitOption, cursor: cursorOption },
  examples: ['fanfare coupons journal 5 --limit 200'],
  run: async (context, { args: { id }, options }) => {
    const answer = await context.api().get(path`/v1/coupons/${id}/journal`, options);
    const page = answer.read(journalPage);
    const [first] = page.items;
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare coupons journal ${id}`,
      render: (lines) => renderJournal(lines, context),
      next: [first === undefined ? `fanfare coupons show ${id}` : `fanfare coupons grant ${first.grantId}`],
    });
  },
});

/** Commands of single grants, among those of coupons. */
export const GRANT_COMMANDS = [showGrant, revokeGrant, showJournal] as const;
