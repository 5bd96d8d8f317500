/**
 * Members' claims from a process of its own, many at the same time, each under a key and repeated elsewhere under it until
 * it is answered. The argument says what is claimed; a line of input gives the nodes' addresses, or ends it. Each new
 * answer "granted" is a line of output, and the last line says what all came to.
 */
import { createInterface } from 'node:readline';
import { setTimeout as after } from 'node:timers/promises';
import { SeededRandom } from '../../../src/core/seeded-random.js';
import { ask, json } from '../ask-server.js';
import { claimsSchema, markOf } from '../claims-api.js';
import { claimantOrderSchema, commandSchema, type ClaimantLine } from './claimant-lines.js';

const PAUSE_MS = 5;
const ANSWERS_PER_LINE = 50;
const { name, coupons, callers } = claimantOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const random = new SeededRandom(name);
let urls: readonly string[] = [];
let isOver = false;
let claims = 0;
let repeats = 0;
let answered = 0;
const outcomes = new Map<string, number>();

const say = (line: ClaimantLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** In turns of the coupons, for members as chance has it. */
async function claim(number: number): Promise<void> {
  const { couponId, members } = coupons[number % coupons.length] ?? { couponId: 0, members: 1 };
  const memberId = `m${Math.floor(random.next() * members)}`;
  const key = `${name}-${number}`;
  for (let attempt = 0; ; attempt++) {
    const url = urls[(number + attempt) % urls.length] ?? '';
    const answer = await ask(json(`${url}/v1/coupons/${couponId}/claims`, 'POST', { memberIds: [memberId] }, key));
    if (answer === undefined) {
      repeats++;
      await after(PAUSE_MS); // a dead node refuses at once
      continue;
    }
    const [item] = claimsSchema.parse(answer).items;
    const outcome = item?.outcome ?? 'none';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'granted' && item?.grant) say({ kind: 'granted', key, mark: markOf(item.grant) });
    if (++answered === ANSWERS_PER_LINE) {
      say({ kind: 'answered', claims: answered });
      answered = 0;
    }
    return;
  }
}

async function caller(): Promise<void> {
  while (!isOver) await claim(claims++);
}

let running: Promise<unknown> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const command = commandSchema.parse(JSON.parse(line));
  if (command.kind === 'stop') break;
  urls = command.urls;
  running ??= Promise.all(Array.from({ length: callers }, caller));
}
isOver = true;
await running;
say({ kind: 'ended', claims, repeats, outcomes: Object.fromEntries(outcomes) });
process.exit(0); // connections that are kept would hold it
