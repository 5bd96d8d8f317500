import type { Language } from '../core/language.js';
import type { Clock } from '../core/ports/clock.js';
import type { Phrase, Say, Wording } from '../cli/wording.js';
import type { CampaignWatch } from './campaign-watch.js';
import type { DemoApi } from './demo-api.js';
import type { DemoFolder } from './demo-folder.js';
import type { ProgressStyle } from './progress-view.js';
import type { Screen } from './screen.js';
import type { ShopEvents } from './shop-events.js';
import type { Stages } from './stages.js';

/** What else is to be seen while campaigns run. */
export interface Beside {
  /** Lines below the progress of the campaigns. */
  render(style: ProgressStyle): readonly string[];
  /** Plays its own part beside campaigns that run, until they have ended; what it shows afterwards is the last state. */
  play(watch: CampaignWatch, signal: AbortSignal): Promise<void>;
}

/** What a scenario plays with: a server with members, vendors that listen, and a place to show itself. */
export interface ScenarioContext {
  readonly api: DemoApi;
  readonly events: ShopEvents;
  readonly folder: DemoFolder;
  readonly stages: Stages;
  readonly screen: Screen;
  readonly say: Say;
  readonly language: Language;
  readonly clock: Clock;
  readonly beside?: Beside | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface ScenarioEnd {
  /** What does not agree, in words; none = everything does. */
  readonly differences: readonly string[];
  /** What is said when there are none, with the span of all; that books and vendors agree where left out. */
  readonly agrees?: Phrase<[spanMs: number]>;
  /** Where to look next: what for, and the command of `fanfare` that shows it. */
  readonly next: readonly (readonly [string, string])[];
}

/** One thing the demo can play. It goes on from what it finds in the folder, and shows again what is done. */
export interface Scenario {
  readonly name: string;
  readonly summary: Wording;
  /** @throws DemoFailure when it cannot go on. */
  play(context: ScenarioContext): Promise<ScenarioEnd>;
}
