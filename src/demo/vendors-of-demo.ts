/** The outside world of the demo: three vendors as processes of their own, each with its own log. */
import { join } from 'node:path';
import type { Channel } from '../core/channels.js';
import { DemoFailure } from './demo-failure.js';
import type { DemoState } from './demo-folder.js';
import type { ScenarioContext } from './scenario.js';
import { FOLDER_TEXT } from './text/folder-text.js';
import { STAGE_TEXT } from './text/stage-text.js';
import { VendorProcess, type StartVendorOptions, type VendorName } from './vendors/vendor-process.js';

interface VendorOfDemo {
  readonly name: VendorName;
  readonly channel: Exclude<Channel, 'inbox'>;
  /** A little of what real vendors do: numbers that do not exist, requests refused or lost. */
  readonly moods: Omit<StartVendorOptions, 'logFile' | 'port'>;
}

export const DEMO_VENDORS = [
  {
    name: 'sms-vendor',
    channel: 'sms',
    moods: { latencyMs: 15, jitterMs: 20, refuseRate: 0.002, throttleRate: 0.001, failRate: 0.004, loseRate: 0.004 },
  },
  {
    name: 'app-push-vendor',
    channel: 'app',
    moods: { latencyMs: 2, jitterMs: 4, refuseRate: 0.01, failRate: 0.002, loseRate: 0.002 },
  },
  { name: 'mail-server', channel: 'email', moods: { refuseRate: 0.004, failRate: 0.002 } },
] as const satisfies readonly VendorOfDemo[];

export type VendorChannel = (typeof DEMO_VENDORS)[number]['channel'];
export type DemoVendors = Readonly<Record<VendorChannel, VendorProcess>>;

export const vendorLogFile = (vendorFolder: string, name: VendorName): string => join(vendorFolder, `${name}.log`);

/** Starts the vendors where they were, says where they are, and remembers it in the folder. */
export async function openVendors({
  clock,
  say,
  folder,
  state,
  stages,
}: Pick<ScenarioContext, 'clock' | 'say' | 'folder' | 'stages'> & { readonly state: DemoState }): Promise<DemoVendors> {
  const startedMs = clock.monotonicMs();
  const vendors = await startVendors(folder.vendorFolder, state.vendorPorts);
  const { sms, app, email } = vendors;
  folder.save({ ...state, vendorPorts: { [sms.name]: sms.port, [app.name]: app.port, [email.name]: email.port } });
  const text = say(STAGE_TEXT.vendorsRun, { sms: sms.port, app: app.port, email: email.port });
  stages.done(say(STAGE_TEXT.vendors), text, clock.monotonicMs() - startedMs);
  return vendors;
}

/**
 * Starts the vendors on the ports they had before, or on free ones where those are taken. They keep appending to the
 * logs they have, and end when this process does.
 * @throws DemoFailure when one does not start; then none is left running.
 */
async function startVendors(vendorFolder: string, ports: Readonly<Record<string, number>>): Promise<DemoVendors> {
  const started: Partial<Record<VendorChannel, VendorProcess>> = {};
  try {
    for (const { name, channel, moods } of DEMO_VENDORS) {
      const options = { ...moods, logFile: vendorLogFile(vendorFolder, name) };
      started[channel] = await startOne(name, options, ports[name]);
    }
    const { sms, app, email } = started;
    if (sms === undefined || app === undefined || email === undefined) throw new Error('a vendor is missing');
    return { sms, app, email };
  } catch (error) {
    await stopVendors(started);
    throw error;
  }
}

/** Lets them answer what they have and write their logs to the end. */
export async function stopVendors(vendors: Partial<DemoVendors>): Promise<void> {
  await Promise.all(Object.values(vendors).map((vendor) => vendor.stop()));
}

async function startOne(
  name: VendorName,
  options: StartVendorOptions,
  port: number | undefined,
): Promise<VendorProcess> {
  if (port !== undefined) {
    const again = await VendorProcess.start(name, { ...options, port }).catch(() => undefined); // taken meanwhile
    if (again !== undefined) return again;
  }
  try {
    return await VendorProcess.start(name, options);
  } catch (error) {
    throw new DemoFailure(FOLDER_TEXT.childFailed(name, error instanceof Error ? error.message : String(error)));
  }
}
