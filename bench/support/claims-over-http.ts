/** One claim a request, to a server of ours and to a bare route that parses the same body. */
import { withCleanUp, type CleanUp } from './clean-up.js';
import { clientOf, fillMembers, startNode } from './cluster-node.js';
import { openDatabase } from './cluster-servers.js';
import { grantedBy, makeCouponBy } from './coupons-by-http.js';
import { memberIdAt } from './members-folder.js';
import { startOwn } from './own-process.js';
import { postAll, type PostedLeg } from './post-all.js';
import { openServerWorld, type ServerWorld } from './server-world.js';

export interface ServedClaims {
  readonly served: PostedLeg;
  readonly bare: PostedLeg;
}

interface Options {
  readonly members: number;
  readonly isMysql: boolean;
  readonly say: (line: string) => void;
}

/** Members of the generated ones, each once. */
export const claimsOverHttp = (options: Options): Promise<ServedClaims> =>
  withCleanUp(async (cleanUp) => {
    const { members } = options;
    const memberIds = Array.from({ length: members }, (_, number) => memberIdAt(number)); // before anything is timed
    const bodyOf = (number: number): object => ({ memberIds: [memberIds[number]] });
    const bare = await startOwn('bare-route', ['claim'], cleanUp);
    const posts = { total: members, path: pathOf(1), bodyOf };
    const atBare = { ...posts, url: bare.ready, pid: bare.pid };
    await postAll(atBare); // warm, as the server is by its own first coupon
    const { api, server } = await (options.isMysql
      ? openNode(members, cleanUp)
      : openServerWorld({ ...options, channels: {} }, cleanUp));
    const stock = members;
    const [first, second] = [
      await makeCouponBy(api, { issue: 'selfClaim', stock }),
      await makeCouponBy(api, { issue: 'selfClaim', stock }),
    ];
    const atOurs = { ...posts, url: server.url, pid: server.pid };
    await postAll({ ...atOurs, path: pathOf(first) });
    const timed = { bare: await postAll(atBare), served: await postAll({ ...atOurs, path: pathOf(second) }) };
    const granted = await grantedBy(api, second);
    if (granted !== members) throw new Error(`${granted} of ${members} claims were granted.`);
    return timed;
  });

const pathOf = (id: number): string => `/v1/coupons/${id}/claims`;

async function openNode(members: number, cleanUp: CleanUp): Promise<Pick<ServerWorld, 'api' | 'server'>> {
  const cluster = { mysql: { url: await openDatabase(cleanUp) } };
  await fillMembers(cluster, members);
  const server = await startNode({ channels: {}, cluster }, cleanUp);
  return { server, api: await clientOf(server, cleanUp) };
}
