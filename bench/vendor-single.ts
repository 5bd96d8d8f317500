/**
 * One request per member: a promotion sent by a server (rendered, marked, recorded, full sync), and beside it, in the
 * same run and alternating, undici's pool alone in a loop: as many connections, the same body, each answer read and
 * nothing else. Once with a vendor that takes 200 ms, where connections limit both, and once with one that answers at
 * once, where CPU does.
 *
 * What it does not show: TLS, which costs both the same. On two cores the vendor takes its share of CPU from both.
 */
import { join } from 'node:path';
import { Pool } from 'undici';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { singleVendorSettings, Vendor } from './support/vendor.js';
import { runOverVendor } from './support/vendor-run.js';

export const vendorSingle: Bench = {
  name: 'vendor-single',
  about: 'one request per member, beside a bare undici loop of the same concurrency',
  run,
};

const CASES = [
  { name: '200 ms, 1,000 connections', latencyMs: 200, connections: 1_000 },
  { name: 'at once, 32 connections', latencyMs: 0, connections: 32 },
] as const;
type Case = (typeof CASES)[number];

interface Leg {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 60_000);
  const runs = numberOf('runs', 3);
  const results = CASES.map((each) => ({ each, ours: [] as Leg[], bare: [] as Leg[] }));
  for (let round = 1; round <= runs; round++) {
    for (const { each, ours, bare } of results) {
      say(`run ${round} of ${runs}: ${each.name}`);
      bare.push(await bareLoop(each, members));
      ours.push(await engine(each, { members, say }));
    }
  }
  return results.flatMap(({ each, ours, bare }) => [
    figureOf(
      `${each.name}, against the bare loop`,
      'members/s',
      ours.map(({ perSecond }) => perSecond),
      bare.map(({ perSecond }) => perSecond),
    ),
    figureOf(
      `${each.name}, CPU of the sending process`,
      'µs/member',
      ours.map(({ cpuMicros }) => cpuMicros),
      bare.map(({ cpuMicros }) => cpuMicros),
    ),
  ]);
}

async function engine(
  { latencyMs, connections }: Case,
  { members, say }: { readonly members: number; readonly say: (line: string) => void },
): Promise<Leg> {
  const provider = (port: number): object => singleVendorSettings(port, connections);
  const { toldMembers, spanSeconds, serverCpuSeconds } = await runOverVendor({ members, latencyMs, provider, say });
  return { perSecond: toldMembers / spanSeconds, cpuMicros: (serverCpuSeconds * 1e6) / toldMembers };
}

function bareLoop({ latencyMs, connections }: Case, members: number): Promise<Leg> {
  return withCleanUp(async (cleanUp) => {
    const vendor = await Vendor.start({ latencyMs, logFile: join(runFolder(cleanUp), 'vendor.log') }, cleanUp);
    const pool = new Pool(`http://127.0.0.1:${vendor.port}`, { connections });
    cleanUp.add(() => pool.close());
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < members) await sendBarely(pool, next++);
    };
    await Promise.all(Array.from({ length: connections }, lane));
    const spanMs = performance.now() - startedMs;
    const cpu = process.cpuUsage(cpuBefore);
    return { perSecond: (members / spanMs) * 1_000, cpuMicros: (cpu.user + cpu.system) / members };
  });
}

async function sendBarely(pool: Pool, number: number): Promise<void> {
  const key = `bare-${String(number).padStart(27, '0')}`; // as long as a reference
  const text = '李伟, Bench 12345 1 is on. You have 1234 points.';
  const response = await pool.request({
    method: 'POST',
    path: '/v1/push',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, to: `+1555${String(number).padStart(7, '0')}`, text }),
  });
  await response.body.text();
  if (response.statusCode !== 200) throw new Error(`The vendor answered ${response.statusCode}.`);
}
