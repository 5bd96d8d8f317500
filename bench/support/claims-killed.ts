/** What a kill -9 in the middle of claims leaves behind: stock that is gone and nobody has, and answers that were lost. */
import { couponId, ordinal } from '../../src/core/ids.js';
import { withCleanUp } from './clean-up.js';
import { newFolder, openEngine } from './cluster-node.js';
import { grantsOf } from './coupons.js';
import { FieldStore } from './field-way.js';
import { startOwn, type OwnProcess } from './own-process.js';

/** At work at the same time when the kill comes, as requests of a busy process are. */
const CALLERS = 200;
export const KILLS = 5;
const ENDLESS_STOCK = 1_000_000_000;

export interface Left {
  /** Taken from the stock, and no grant of anybody's. */
  readonly vanished: number;
  /** Told that they have it, and do not. */
  readonly lost: number;
}

/** What several kills left, each once so many members were told that they have it, a few more each time. */
export async function killOften(kill: (members: number) => Promise<Left>, members: number): Promise<Left> {
  const sum = { vanished: 0, lost: 0 };
  for (let time = 1; time <= KILLS; time++) {
    const { vanished, lost } = await kill(Math.ceil((members * time) / KILLS));
    sum.vanished += vanished;
    sum.lost += lost;
  }
  return sum;
}

export const killFieldWay = (members: number): Promise<Left> =>
  withCleanUp(async (cleanUp) => {
    const store = await FieldStore.open(ENDLESS_STOCK, cleanUp);
    const told = await toldUntilKilled(await startOwn('field-claimer', [store.run, `${CALLERS}`], cleanUp), members);
    await store.drained();
    const holders = await store.holders();
    return {
      vanished: (await store.taken()) - holders.size,
      lost: told.filter((member) => !holders.has(member)).length,
    };
  });

/** As the other, with the engine: one process, one file. */
export const killOwn = (members: number): Promise<Left> =>
  withCleanUp(async (cleanUp) => {
    const dataFolder = newFolder(cleanUp);
    const claimer = await startOwn('own-claimer', [dataFolder, `${CALLERS}`, `${2 * members + CALLERS}`], cleanUp);
    const told = await toldUntilKilled(claimer, members);
    const { engine } = await openEngine({ channels: {}, dataFolder }, cleanUp);
    const id = couponId(Number(claimer.ready));
    const held = await engine.store.read((tx) => tx.grants.ofMembers(id, told.map(ordinal)));
    const { holders, counted } = await grantsOf(engine, id);
    return { vanished: counted - holders, lost: held.filter((grants) => grants.length === 0).length };
  });

/** Kills it once it has told so many members; answers all whom it told before it died. */
async function toldUntilKilled({ child, lines }: OwnProcess, members: number): Promise<readonly number[]> {
  const told: number[] = [];
  for await (const line of lines) {
    told.push(Number(line));
    if (told.length === members) child.kill('SIGKILL');
  }
  return told;
}
