import { GRANT_STATES } from '../../coupon/grant/grant-state.js';
import { path } from '../api-client.js';
import { command, option } from '../command-spec.js';
import { cursorOption, limitOption, memberIdArgument } from '../common-options.js';
import { renderWallet, walletPage } from '../coupon-view.js';
import { choice, single } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { COUPON_TEXT as T } from '../text/coupon-text.js';

export const showWallet = command({
  name: 'coupons',
  summary: T.wallet,
  details: T.walletDetails,
  args: { member: memberIdArgument },
  options: {
    state: option('--state <state>', T.grantState, single(choice(GRANT_STATES))),
    limit: limitOption,
    cursor: cursorOption,
  },
  examples: ['fanfare members coupons m-1024', 'fanfare members coupons m-1024 --state available --json'],
  run: async (context, { args: { member }, options }) => {
    const answer = await context.api().get(path`/v1/members/${member}/coupons`, options);
    const page = answer.read(walletPage);
    const [first] = page.items;
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare members coupons ${member}`,
      render: (items) => renderWallet(items, context),
      next: [first === undefined ? 'fanfare coupons list --state active' : `fanfare coupons show ${first.coupon.id}`],
    });
  },
});
