/**
 * Members who claim a coupon, all at once: in this process, and over HTTP with one claim a request, on SQLite and on
 * MySQL. Beside it, over the same store in the same run, one transaction for each claim (SQLite: one after another, since
 * it has one writer; MySQL: over eight connections); over HTTP a bare Fastify route that parses the same body and answers
 * as much, in a process of its own. Then everybody claims a coupon that there is half as much of as members, twice: what
 * was given beyond the stock is counted row by row.
 *
 * And the way of the field, in the same run: a script in Redis takes stock and member, a message carries the grant to the
 * database. Each is killed by SIGKILL in mid-work: stock that is gone and nobody has, and members who were told that
 * they have it and do not.
 *
 * What it does not show: many coupons at once, which share a commit all the same; more than one node; HTTP clients on
 * another machine: here they take their share of two cores from both servers, so CPU is stated too.
 */
import { ordinal } from '../src/core/ids.js';
import { claimCoupons } from '../src/coupon/claim/claim-coupons.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { KILLS, killFieldWay, killOften, killOwn, type Left } from './support/claims-killed.js';
import { claimsOverHttp, type ServedClaims } from './support/claims-over-http.js';
import type { CleanUp } from './support/clean-up.js';
import { openEngine } from './support/cluster-node.js';
import { lacksServers, openDatabase } from './support/cluster-servers.js';
import { addClaimants, claimAll, grantsOf, makeCoupon, rateOf, type CouponEngine } from './support/coupons.js';
import { claimFieldWay, type FieldRates } from './support/field-way.js';
import { inRounds } from './support/rounds.js';

export const claims: Bench = {
  name: 'claims',
  about: 'claims against stock, on SQLite and MySQL, beside a transaction each and beside the way of the field',
  run,
};

const CALLERS = 1_000;
const STORES = [
  { name: 'SQLite', aimPerSecond: 90_000, connections: 1 },
  { name: 'MySQL', aimPerSecond: 20_000, connections: 8 },
] as const;
type ClaimStore = (typeof STORES)[number];
/** A transaction each takes long: so many of the members do. */
const SINGLE_SHARE = 0.05;
const HTTP_SHARE = 0.2;
const KILL_SHARE = 0.2;

interface StoreRound {
  readonly perSecond: number;
  readonly single: number;
  readonly oversold: number;
  readonly http: ServedClaims;
}

interface Round {
  readonly stores: ReadonlyMap<ClaimStore, StoreRound>;
  readonly field: FieldRates | undefined;
  readonly fieldKilled: Left | undefined;
  readonly ownKilled: Left;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const { say } = options;
  const members = options.numberOf('members', 100_000);
  const hasMysql = !(await lacksServers(['mysql'], say));
  const hasField = hasMysql && !(await lacksServers(['redis'], say));
  const stores = STORES.filter(({ name }) => name === 'SQLite' || hasMysql);
  const { of } = await inRounds<Round>(options, {
    otherwise: 3,
    measure: async (cleanUp) => {
      const measured = new Map<ClaimStore, StoreRound>();
      for (const store of stores) measured.set(store, await measureStore(store, { members, say }, cleanUp));
      return {
        stores: measured,
        field: hasField ? await claimFieldWay({ members, callers: CALLERS }) : undefined,
        fieldKilled: hasField ? await killOften(killFieldWay, members * KILL_SHARE) : undefined,
        ownKilled: await killOften(killOwn, members * KILL_SHARE),
      };
    },
  });
  return [
    ...stores.flatMap((store) => storeFigures(store, of)),
    ...(hasField ? fieldFigures(of) : []),
    ...killFigures(of, hasField),
  ];
}

async function measureStore(
  store: ClaimStore,
  { members, say }: { readonly members: number; readonly say: (line: string) => void },
  cleanUp: CleanUp,
): Promise<StoreRound> {
  say(`${store.name}, in process`);
  const cluster = store.name === 'MySQL' ? { mysql: { url: await openDatabase(cleanUp) } } : undefined;
  const { engine } = await openEngine({ channels: {}, ...(cluster && { cluster }) }, cleanUp);
  await addClaimants(engine, members);
  const id = await makeCoupon(engine, { issue: 'selfClaim', stock: members });
  const { perSecond } = await claimAll(engine, { id, members, callers: CALLERS });
  const single = await claimOneByOne(engine, { claims: Math.ceil(members * SINGLE_SHARE), callers: store.connections });
  const oversold = await rush(engine, members);
  say(`${store.name}, over HTTP`);
  const http = await claimsOverHttp({ members: Math.ceil(members * HTTP_SHARE), isMysql: store.name === 'MySQL', say });
  return { perSecond, single, oversold, http };
}

/** A transaction, and so a commit, for each. */
async function claimOneByOne(
  engine: CouponEngine,
  { claims: total, callers }: { readonly claims: number; readonly callers: number },
): Promise<number> {
  const id = await makeCoupon(engine, { issue: 'selfClaim', stock: total });
  return rateOf(total, callers, (number) =>
    engine.store.transaction((tx) =>
      claimCoupons(tx, () => engine.clock.now(), [{ couponId: id, ordinal: ordinal(number), request: undefined }]),
    ),
  );
}

/** Everybody wants one of too few, twice at the same time; answers how many were given beyond the stock. */
async function rush(engine: CouponEngine, members: number): Promise<number> {
  const stock = Math.ceil(members / 2);
  const id = await makeCoupon(engine, { issue: 'selfClaim', stock });
  const everybody = { id, members, callers: CALLERS };
  await Promise.all([claimAll(engine, everybody), claimAll(engine, everybody)]);
  const { holders, counted } = await grantsOf(engine, id);
  // One each: so many holders are so many grants, by the count that the schema keeps beside the stock.
  if (holders !== counted) throw new Error(`${counted} were granted to ${holders} members.`);
  return holders - stock;
}

type Of = (read: (round: Round) => number) => number[];

function storeFigures(store: ClaimStore, of: Of): readonly Figure[] {
  const { name, aimPerSecond } = store;
  const from = (read: (round: StoreRound) => number): number[] =>
    of(({ stores }) => {
      const round = stores.get(store);
      return round === undefined ? Number.NaN : read(round);
    });
  const perSecond = from((round) => round.perSecond);
  return [
    figureOf(
      `${name}, in process, against the aim`,
      'claims/s',
      perSecond,
      perSecond.map(() => aimPerSecond),
    ),
    figureOf(
      `${name}, in process, against a transaction each`,
      'claims/s',
      perSecond,
      from(({ single }) => single),
    ),
    figureOf(
      `${name}, HTTP, against a bare route`,
      'claims/s',
      from(({ http }) => http.served.perSecond),
      from(({ http }) => http.bare.perSecond),
    ),
    figureOf(
      `${name}, CPU of the server, against a bare route`,
      'µs/claim',
      from(({ http }) => http.served.cpuMicros),
      from(({ http }) => http.bare.cpuMicros),
    ),
    figureOf(
      `${name}, oversold`,
      'grants',
      from(({ oversold }) => oversold),
    ),
  ];
}

function fieldFigures(of: Of): readonly Figure[] {
  const sqlite = of(({ stores }) => stores.get(STORES[0])?.perSecond ?? Number.NaN);
  const mysql = of(({ stores }) => stores.get(STORES[1])?.perSecond ?? Number.NaN);
  const stored = of(({ field }) => field?.storedPerSecond ?? Number.NaN);
  return [
    figureOf(
      'the way of the field, answered',
      'claims/s',
      of(({ field }) => field?.answeredPerSecond ?? Number.NaN),
    ),
    figureOf('SQLite, against the way of the field, in its database', 'claims/s', sqlite, stored),
    figureOf('MySQL, against the way of the field, in its database', 'claims/s', mysql, stored),
  ];
}

function killFigures(of: Of, hasField: boolean): readonly Figure[] {
  const figures = (name: string, read: (round: Round) => Left | undefined): Figure[] => [
    figureOf(
      `${KILLS} × kill -9, ${name}: stock gone that nobody has`,
      'grants',
      of((round) => read(round)?.vanished ?? Number.NaN),
    ),
    figureOf(
      `${KILLS} × kill -9, ${name}: told and has none`,
      'members',
      of((round) => read(round)?.lost ?? Number.NaN),
    ),
  ];
  return [
    ...figures('Fanfare', ({ ownKilled }) => ownKilled),
    ...(hasField ? figures('the way of the field', ({ fieldKilled }) => fieldKilled) : []),
  ];
}
