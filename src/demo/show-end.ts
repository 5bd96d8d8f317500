/** The end of a demo: its verdict, and what there is to look at. */
import { displayWidth, padEnd } from '../cli/display-width.js';
import { DEFAULT_PORT } from '../config.js';
import type { ScenarioContext, ScenarioEnd } from './scenario.js';
import { shortPath } from './short-path.js';
import { DEMO_TEXT as T } from './text/demo-text.js';

/** Says whether books and vendors agree, and what does not. */
export function showVerdict(
  { screen, say }: ScenarioContext,
  { differences, agrees = T.agrees }: ScenarioEnd,
  spanMs: number,
): void {
  if (differences.length === 0) {
    screen.print(`  ${screen.ink('green', '✓')} ${screen.ink('bold', say(agrees, spanMs))}`);
    return;
  }
  screen.print(
    ...differences.map((difference) => `  ${screen.ink('red', '✗')} ${difference}`),
    `  ${screen.ink('red', say(T.differs, differences.length))}`,
  );
}

/** Where to look next, and what goes on until Ctrl-C. */
export function showNext(
  { api, folder, screen, say }: ScenarioContext,
  { next }: ScenarioEnd,
  { port, serving }: { readonly port: number; readonly serving: string },
): void {
  const url = port === DEFAULT_PORT ? '' : ` --url ${api.url}`;
  const lines: readonly (readonly [string, string])[] = [
    [say(T.nextApi), api.url],
    [say(T.nextMetrics), `${api.url}/metrics`],
    ...next.map(([what, command]) => [what, `npx fanfare ${command}${url}`] as const),
    [say(T.nextAudit), `npx fanfare audit${url}`],
    [say(T.nextLogs), shortPath(folder.vendorFolder)],
  ];
  const width = Math.max(...lines.map(([what]) => displayWidth(what)));
  screen.print(
    '',
    `  ${screen.ink('bold', say(T.next))}`,
    ...lines.map(([what, where]) => `    ${padEnd(what, width)}  ${screen.ink('cyan', where)}`),
    '',
    `  ${serving}`,
  );
}
