import { differencesOf, readBooks } from './books.js';
import { renderBooks, renderDifference } from './books-view.js';
import type { CampaignView } from './campaign-watch.js';
import type { ScenarioContext } from './scenario.js';
import { DEMO_VENDORS, vendorLogFile } from './vendors-of-demo.js';

/** A vendor's last lines reach its log within moments of its answers. */
const LOG_TIMEOUT_MS = 2_000;
const LOG_POLL_MS = 200;

/** Shows the books beside the vendors' own logs; answers what does not agree, in words. */
export async function showBooks(
  { folder, screen, say, clock, signal }: ScenarioContext,
  campaigns: readonly CampaignView[],
): Promise<readonly string[]> {
  const logs = Object.fromEntries(
    DEMO_VENDORS.map(({ channel, name }) => [channel, vendorLogFile(folder.vendorFolder, name)]),
  );
  const untilMs = clock.monotonicMs() + LOG_TIMEOUT_MS;
  let books = await readBooks(campaigns, logs);
  while (differencesOf(books).length > 0 && clock.monotonicMs() < untilMs && !signal.aborted) {
    await clock.sleep(LOG_POLL_MS, signal);
    books = await readBooks(campaigns, logs);
  }
  const style = { say, ink: screen.ink.bind(screen) };
  screen.print('', ...renderBooks(books, style), '');
  return differencesOf(books).map((difference) => renderDifference(difference, say));
}
