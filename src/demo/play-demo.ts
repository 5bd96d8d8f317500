/** The demo itself: a folder, vendors, a server, members, a scenario, a verdict; closed in reverse, whatever happens. */
import { formatCount } from '../cli/format-values.js';
import type { OutputStream } from '../cli/terminal.js';
import type { Say } from '../cli/wording.js';
import type { Language } from '../core/language.js';
import type { Clock } from '../core/ports/clock.js';
import { checkPort } from './check-port.js';
import { DemoApi } from './demo-api.js';
import { writeDemoConfig } from './demo-config.js';
import { DemoFailure } from './demo-failure.js';
import { openDemoFolder, type DemoFolder, type DemoState } from './demo-folder.js';
import { DEFAULT_MEMBERS, type DemoOptions } from './demo-options.js';
import { fillMembers } from './fill-members.js';
import { OwnedParts } from './owned-parts.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { Screen } from './screen.js';
import { ServerProcess } from './server-process.js';
import { httpEvents } from './shop-events.js';
import { showNext, showVerdict } from './show-end.js';
import { Stages } from './stages.js';
import { DEMO_TEXT as T } from './text/demo-text.js';
import { FOLDER_TEXT } from './text/folder-text.js';
import { STAGE_TEXT } from './text/stage-text.js';
import { openVendors, stopVendors, type DemoVendors } from './vendors-of-demo.js';

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

/**
 * Plays and answers the exit code: 0, or 1 where `--once` found something that does not agree.
 * @throws DemoFailure when it cannot go on; then nothing is left running.
 */
export async function playDemo(demo: Demo): Promise<number> {
  const owned = new OwnedParts();
  try {
    return await play(demo, owned);
  } finally {
    await owned.close();
  }
}

async function play(demo: Demo, owned: OwnedParts): Promise<number> {
  const { options, clock, say, signal } = demo;
  const screen = new Screen(demo.stdout, demo.environment);
  const stages = new Stages(screen, clock);
  owned.add(() => screen.move([]));
  const startedMs = clock.monotonicMs();

  const folder = openDemoFolder(options.dataFolder);
  owned.add(() => folder.close());
  const port = await checkPort(options.port);
  screen.print('', `  ${screen.ink('bold', say(T.title))}`, `  ${screen.ink('dim', say(T.subtitle, folder.path))}`, '');
  const state = stateOf(demo, folder, screen);

  const vendors = await openVendors({ ...demo, folder, state, stages });
  owned.add(() => stopVendors(vendors));
  const server = await openServer(demo, { folder, vendors, stages, port });
  owned.add(() => server.stop());
  const api = new DemoApi(server, { url: await server.whenUp(), clock, signal });
  owned.add(() => api.close());

  const context: ScenarioContext = { ...demo, api, events: httpEvents(api), folder, stages, screen };
  await fillMembers(context, state.members);
  const end = await demo.scenario.play(context);
  showVerdict(context, end, clock.monotonicMs() - startedMs);
  if (options.isOnce) return end.differences.length === 0 ? 0 : 1;
  showNext(context, end, { port: server.port, serving: say(T.serving, server.pid) });
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

async function openServer(
  { clock, say, language }: Demo,
  {
    folder,
    vendors,
    stages,
    port,
  }: {
    readonly folder: DemoFolder;
    readonly vendors: DemoVendors;
    readonly stages: Stages;
    readonly port: number;
  },
): Promise<ServerProcess> {
  const startedMs = clock.monotonicMs();
  writeDemoConfig(folder.path, { vendors, language, port });
  const server = await ServerProcess.start({
    dataFolder: folder.path,
    port,
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
