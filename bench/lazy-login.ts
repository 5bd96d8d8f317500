/**
 * Logins with 20 live coupons of the platform's, three of which the member does not have yet: she gets them in the
 * transaction that her login is. The other 17 she holds since an earlier login, so each has to be looked up. In this
 * process against the aim, and once more when nothing is due; over HTTP one login event a request, beside a bare Fastify
 * route that parses the same body and answers as much, in a process of its own, by turns.
 *
 * What it does not show: on two cores the client takes its share of CPU from both servers, which flatters the slower one;
 * so their CPU is stated too.
 */
import type { CouponId } from '../src/core/ids.js';
import { generateMembers } from '../src/membership/generate/generate-members.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import type { CleanUp } from './support/clean-up.js';
import { openEngine } from './support/cluster-node.js';
import { grantsOf, makeCoupon, rateOf, type CouponEngine } from './support/coupons.js';
import { memberIdAt } from './support/members-folder.js';
import { startOwn } from './support/own-process.js';
import { postAll, type PostedLeg } from './support/post-all.js';
import { makeCouponBy } from './support/coupons-by-http.js';
import { inRounds } from './support/rounds.js';
import { openServerWorld } from './support/server-world.js';

export const lazyLogin: Bench = {
  name: 'lazy-login',
  about: 'logins with 20 live coupons, three of them due, in process and over HTTP',
  run,
};

const LIVE = 20;
const DUE = 3;
const CALLERS = 1_000;
const AIM_PER_SECOND = 40_000;
const SEED = 7;
const TOPIC = 'member.loggedIn';

interface Round {
  readonly due: number;
  readonly nothingDue: number;
  readonly served: PostedLeg;
  readonly bare: PostedLeg;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const members = options.numberOf('members', 20_000);
  const { of } = await inRounds<Round>(options, {
    otherwise: 3,
    measure: async (cleanUp) => ({
      ...(await inProcess(members, cleanUp)),
      bare: await bareRoute(members, cleanUp),
      served: await overHttp({ members, say: options.say }, cleanUp),
    }),
  });
  const logins = of(({ due }) => due);
  const aim = logins.map(() => AIM_PER_SECOND);
  return [
    figureOf('three of 20 due, in process, against the aim', 'logins/s', logins, aim),
    figureOf(
      'nothing due, in process',
      'logins/s',
      of(({ nothingDue }) => nothingDue),
    ),
    figureOf(
      'three of 20 due, HTTP, against a bare route',
      'logins/s',
      of(({ served }) => served.perSecond),
      of(({ bare }) => bare.perSecond),
    ),
    figureOf(
      'CPU of the server, against a bare route',
      'µs/login',
      of(({ served }) => served.cpuMicros),
      of(({ bare }) => bare.cpuMicros),
    ),
  ];
}

async function inProcess(members: number, cleanUp: CleanUp): Promise<Pick<Round, 'due' | 'nothingDue'>> {
  const { engine } = await openEngine({ channels: {} }, cleanUp);
  await generateMembers(engine.membership, { count: members, seed: SEED });
  const { incoming, clock } = engine;
  const loginOf = loginsOf(members);
  const topic = incoming.topic(TOPIC);
  const logInAll = (): Promise<number> =>
    rateOf(members, CALLERS, (number) =>
      incoming.takeTogether(topic, [{ content: loginOf(number), sentAt: clock.now() }]),
    );
  for (let held = 0; held < LIVE - DUE; held++) await makeCoupon(engine, { issue: 'platform' });
  await logInAll();
  const ids: CouponId[] = [];
  for (let due = 0; due < DUE; due++) ids.push(await makeCoupon(engine, { issue: 'platform' }));
  const due = await logInAll();
  for (const id of ids) await expectAllHold(engine, id, members);
  return { due, nothingDue: await logInAll() };
}

async function expectAllHold(engine: CouponEngine, id: CouponId, members: number): Promise<void> {
  const { holders, counted } = await grantsOf(engine, id);
  if (holders !== members || counted !== members) throw new Error(`${holders} of ${members} hold it.`);
}

async function overHttp(
  options: { readonly members: number; readonly say: (line: string) => void },
  cleanUp: CleanUp,
): Promise<PostedLeg> {
  const { api, server } = await openServerWorld({ ...options, channels: {} }, cleanUp);
  const posts = {
    url: server.url,
    pid: server.pid,
    total: options.members,
    path: PATH,
    bodyOf: loginsOf(options.members),
  };
  for (let held = 0; held < LIVE - DUE; held++) await makeCouponBy(api, { issue: 'platform' });
  await postAll(posts);
  for (let due = 0; due < DUE; due++) await makeCouponBy(api, { issue: 'platform' });
  return postAll(posts);
}

async function bareRoute(members: number, cleanUp: CleanUp): Promise<PostedLeg> {
  const { pid, ready } = await startOwn('bare-route', ['login'], cleanUp);
  const posts = { url: ready, pid, total: members, path: PATH, bodyOf: loginsOf(members) };
  await postAll(posts);
  return postAll(posts);
}

const PATH = `/v1/events/incoming/${TOPIC}`;

/** Message bodies by the number of the member; ids are made before anything is timed. */
function loginsOf(members: number): (number: number) => object {
  const memberIds = Array.from({ length: members }, (_, number) => memberIdAt(number));
  return (number) => ({ memberId: memberIds[number] ?? '', at: new Date().toISOString() });
}
