/** "How do I get out of this?": the link in a mail as it came to the mail server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioContext } from './scenario.js';
import { shortPath } from './short-path.js';
import { RECORD_TEXT as T } from './text/record-text.js';

export function showMail({ folder, screen, say }: ScenarioContext): void {
  const file = join(folder.vendorFolder, 'first-mail.eml');
  const link = unsubscribeLinkIn(file);
  if (link === undefined) return;
  screen.print(
    `  ${screen.ink('bold', say(T.mail))}  ${shortPath(file)}`,
    `    ${say(T.unsubscribe)}  ${screen.ink('cyan', link)}`,
    '',
  );
}

function unsubscribeLinkIn(file: string): string | undefined {
  try {
    return /^List-Unsubscribe:\s*<([^>\s]+)>/im.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined; // no mail went out: nobody of the audience has an address
  }
}
