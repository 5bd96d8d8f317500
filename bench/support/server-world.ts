/** A server over generated members, with a client: what most benches begin with. */
import { BenchApi, writeConfig, type CampaignView } from './bench-api.js';
import type { CleanUp } from './clean-up.js';
import { copyOfMembers, type MembersFolderOptions } from './members-folder.js';
import { ServerProcess } from './server-process.js';

export interface ServerWorld {
  readonly dataFolder: string;
  readonly server: ServerProcess;
  readonly api: BenchApi;
}

export async function openServerWorld(
  { channels, ...options }: MembersFolderOptions & { readonly channels: object },
  cleanUp: CleanUp,
): Promise<ServerWorld> {
  const dataFolder = await copyOfMembers(options, cleanUp);
  writeConfig(dataFolder, channels);
  const server = await ServerProcess.start(dataFolder, cleanUp);
  const api = new BenchApi(server.url, cleanUp);
  await api.createPromotion(); // the first request of a server is slower than all others
  return { dataFolder, server, api };
}

/** A vendor inside the server that takes everything at once and knows a key per member: what is left is the engine. */
export const noOpVendor = {
  provider: { kind: 'simulated', keyLifeMs: 86_400_000, maxMembers: 1_000, maxConcurrentRequests: 32 },
} as const;

/** From a channel's first hand-over to its last outcome, by the server's own clock. */
export function channelSeconds({ channels }: CampaignView): number {
  const [channel] = channels;
  if (channel?.firstHandoverAt == null || channel.lastOutcomeAt === null) return Number.NaN;
  const spanMs = Date.parse(channel.lastOutcomeAt) - Date.parse(channel.firstHandoverAt);
  return Math.max(1, spanMs) / 1_000; // instants are in whole milliseconds
}
