/** The demo itself: a folder, vendors, a server, members, a scenario, a verdict; closed in reverse, whatever happens. */
import { relative } from 'node:path';
import { displayWidth, padEnd } from '../cli/display-width.js';
import { formatCount } from '../cli/format-values.js';
import type { OutputStream } from '../cli/terminal.js';
import type { Say } from '../cli/wording.js';
import { DEFAULT_PORT } from '../config.js';
import type { Language } from '../core/language.js';
import type { Clock } from '../core/ports/clock.js';
import { checkPort } from './check-port.js';
import { DemoApi } from './demo-api.js';
import { writeDemoConfig } from './demo-config.js';
import { DemoFailure } from './demo-failure.js';
import { openDemoFolder, type DemoFolder, type DemoState } from './demo-folder.js';
import { DEFAULT_MEMBERS, type DemoOptions } from './demo-options.js';
import { fillMembers } from './fill-members.js';
import type { Scenario, ScenarioContext, ScenarioEnd } from './scenario.js';
import { Screen } from './screen.js';
import { ServerProcess } from './server-process.js';
import { Stages } from './stages.js';
import { DEMO_TEXT as T } from './text/demo-text.js';
import { FOLDER_TEXT } from './text/folder-text.js';
import { STAGE_TEXT } from './text/stage-text.js';
import { startVendors, stopVendors, type DemoVendors } from './vendors-of-demo.js';

export interface Demo {
  readonly stdout: OutputStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly options: DemoOptions;
  readonly scenario: Scenario;
  readonly say: Say;
  readonly language: Language;
}

type Close = () => Promise<void> | void;

/**
 * Plays and answers the exit code: 0, or 1 where `--once` found something that does not agree.
 * @throws DemoFailure when it cannot go on; then nothing is left running.
 */
export async function playDemo(demo: Demo): Promise<number> {
  const closers: Close[] = [];
  const owned = (close: Close): void => void closers.unshift(close);
  try {
    return await play(demo, owned);
  } finally {
    for (const close of closers) await close();
  }
}

async function play(demo: Demo, owned: (close: Close) => void): Promise<number> {
  const { options, clock, say, signal } = demo;
  const screen = new Screen(demo.stdout, demo.environment);
  const stages = new Stages(screen, clock);
  owned(() => screen.move([]));
  const startedMs = clock.monotonicMs();

  const folder = openDemoFolder(options.dataFolder);
  owned(() => folder.close());
  await checkPort(options.port);
  screen.print('', `  ${screen.ink('bold', say(T.title))}`, `  ${screen.ink('dim', say(T.subtitle, folder.path))}`, '');
  const state = stateOf(demo, folder, screen);

  const vendors = await openVendors(demo, { folder, state, stages });
  owned(() => stopVendors(vendors));
  const server = await openServer(demo, { folder, vendors, stages });
  owned(() => server.stop());
  const api = new DemoApi(server, { url: await server.whenUp(), clock, signal });
  owned(() => api.close());

  const context: ScenarioContext = { ...demo, api, folder, stages, screen };
  await fillMembers(context, state.members);
  const end = await demo.scenario.play(context);
  showVerdict(context, end, clock.monotonicMs() - startedMs);
  if (options.isOnce) return end.differences.length === 0 ? 0 : 1;
  showNext(context, end, server);
  await clock.sleep(Infinity, signal);
  screen.print('', `  ${say(T.stopping)}`);
  return 0;
}

/** What the folder holds, or shall hold. */
function stateOf({ options, scenario, say }: Demo, folder: DemoFolder, screen: Screen): DemoState {
  const { state } = folder;
  if (state === undefined) {
    const fresh = { members: options.members ?? DEFAULT_MEMBERS, scenario: scenario.name, vendorPorts: {} };
    folder.save(fresh);
    return fresh;
  }
  if (state.scenario !== scenario.name) throw new DemoFailure(FOLDER_TEXT.otherScenario(folder.path, state.scenario));
  if (options.members !== undefined && options.members !== state.members) {
    screen.print(`  ${screen.ink('yellow', say(T.keepsMembers, formatCount(state.members)))}`, '');
  }
  return state;
}

async function openVendors(
  { clock, say }: Demo,
  { folder, state, stages }: { readonly folder: DemoFolder; readonly state: DemoState; readonly stages: Stages },
): Promise<DemoVendors> {
  const startedMs = clock.monotonicMs();
  const vendors = await startVendors(folder.vendorFolder, state.vendorPorts);
  const { sms, app, email } = vendors;
  folder.save({ ...state, vendorPorts: { [sms.name]: sms.port, [app.name]: app.port, [email.name]: email.port } });
  const text = say(STAGE_TEXT.vendorsRun, { sms: sms.port, app: app.port, email: email.port });
  stages.done(say(STAGE_TEXT.vendors), text, clock.monotonicMs() - startedMs);
  return vendors;
}

async function openServer(
  { clock, say, options, language }: Demo,
  { folder, vendors, stages }: { readonly folder: DemoFolder; readonly vendors: DemoVendors; readonly stages: Stages },
): Promise<ServerProcess> {
  const startedMs = clock.monotonicMs();
  writeDemoConfig(folder.path, { vendors, language, port: options.port });
  const server = await ServerProcess.start({
    dataFolder: folder.path,
    port: options.port,
    logFile: folder.serverLog,
    language,
    onDied: ({ pid, signal, code }) => {
      const how = signal ?? `exit code ${code ?? '?'}`;
      stages.note(say(STAGE_TEXT.restarted), say(STAGE_TEXT.serverDied, pid, how));
    },
  });
  const text = say(STAGE_TEXT.serverRuns, await server.whenUp(), server.pid);
  stages.done(say(STAGE_TEXT.server), text, clock.monotonicMs() - startedMs);
  return server;
}

function showVerdict({ screen, say }: ScenarioContext, { differences }: ScenarioEnd, spanMs: number): void {
  if (differences.length === 0) {
    screen.print(`  ${screen.ink('green', '✓')} ${screen.ink('bold', say(T.agrees, spanMs))}`);
    return;
  }
  screen.print(
    ...differences.map((difference) => `  ${screen.ink('red', '✗')} ${difference}`),
    `  ${screen.ink('red', say(T.differs, differences.length))}`,
  );
}

function showNext(context: ScenarioContext, { next }: ScenarioEnd, server: ServerProcess): void {
  const { api, folder, screen, say } = context;
  const url = server.port === DEFAULT_PORT ? '' : ` --url ${api.url}`;
  const lines: readonly (readonly [string, string])[] = [
    [say(T.nextApi), api.url],
    [say(T.nextMetrics), `${api.url}/metrics`],
    ...next.map(([what, command]) => [what, `npx fanfare ${command}${url}`] as const),
    [say(T.nextAudit), `npx fanfare audit${url}`],
    [say(T.nextLogs), relative(process.cwd(), folder.vendorFolder) || folder.vendorFolder],
  ];
  const width = Math.max(...lines.map(([what]) => displayWidth(what)));
  screen.print(
    '',
    `  ${screen.ink('bold', say(T.next))}`,
    ...lines.map(([what, where]) => `    ${padEnd(what, width)}  ${screen.ink('cyan', where)}`),
    '',
    `  ${say(T.serving, server.pid)}`,
  );
}
