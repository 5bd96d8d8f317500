/** The whole API under requests made out of its own document: right ones, and wrong ones of every kind. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { campaignId, ordinal } from '../../src/core/ids.js';
import { DAY_MS } from '../../src/core/time.js';
import { createUnsubscribeTokens } from '../../src/push/unsubscribe-token.js';
import { AnswerCheck, type ApiAnswer } from '../support/api/answer-check.js';
import { ApiClient } from '../support/api/api-client.js';
import { readApiDocument, type ApiOperation } from '../support/api/api-operations.js';
import { drawRequest, MANNERS, type ApiRequest, type Manner } from '../support/api/draw-request.js';
import { pick, type Draw } from '../support/api/draw-value.js';
import type { Suggestion } from '../support/api/next-steps.js';
import { oneOfEverything } from '../support/api/one-of-everything.js';
import { RememberedValues } from '../support/api/remembered-values.js';
import { memberToken, signingKey, TOKEN_RULES } from '../support/member-app.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const REQUESTS = size(3_000, 60_000);
/** The audit reads everything that the others made: now and then is enough. */
const SELDOM = 'POST /v1/audit';

const vendor = (answers: object) => ({
  price: { perMemberMinor: 4.5, currency: 'CNY' },
  provider: { kind: 'simulated', keyLifeMs: 86_400_000, maxMembers: 100, answers },
});
const CONFIG = {
  channels: {
    sms: vendor({ addressRefused: 0.2, ambiguous: 0.1 }),
    app: vendor({ throttled: 0.1 }),
    email: vendor({}),
  },
};

const ASKING_MEMBER = 'm-50';
const TOKEN_SECONDS = 12 * 3_600;
const MEMBER_API = {
  issuer: TOKEN_RULES.issuer,
  audience: TOKEN_RULES.audience,
  maxLifetimeMs: DAY_MS,
  requestsPerMinute: 100_000,
};

describe('the API under requests made out of its own document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-fuzz-'));
  const known = new RememberedValues();
  let server: ServerProcess;
  let client: ApiClient;
  let token: string;
  let description: Record<string, unknown>;
  beforeAll(async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const key = await signingKey();
    const keys = join(data, 'jwks.json');
    writeFileSync(keys, JSON.stringify(key.jwks));
    const memberApi = { ...MEMBER_API, keys: { kind: 'jwksFile', file: keys } };
    writeFileSync(join(data, 'fanfare.config.json'), JSON.stringify({ ...CONFIG, memberApi }));
    const exp = Math.floor(systemClock.now() / 1_000) + TOKEN_SECONDS;
    token = await memberToken(key, systemClock, ASKING_MEMBER, { claims: { exp } });
    server = await ServerProcess.start(data);
    client = new ApiClient(server.url);
    description = JSON.parse((await client.ask(get('/v1/openapi.json'))).body) as Record<string, unknown>;
    await oneOfEverything(server.url, known);
    const unsubscribe = unsubscribeToken(join(data, 'fanfare.db'));
    for (const method of ['GET', 'POST']) {
      known.suggest({ operation: `${method} /unsubscribe`, parameters: { token: unsubscribe }, body: undefined });
    }
    known.suggest({
      operation: 'POST /v1/events/incoming/{topic}',
      parameters: { topic: 'member.loggedIn' },
      body: { memberId: '7' },
    });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'answers as documented, with no fault of its own and nothing of its inside',
    async () => {
      const document = readApiDocument(description);
      const check = new AnswerCheck(description);
      const tally = new Tally(document.operations);
      const property = fc.asyncProperty(fc.gen(), async (draw) => {
        const operation = chooseOperation(draw, document.operations, tally.missing(known));
        const manner = chooseManner(draw);
        const suggestion = chooseSuggestion(draw, known.suggestionsFor(operation.name));
        const request = drawRequest({ draw, document, known }, operation, { manner, suggestion });
        const answer = await client.ask(request.target.startsWith('/v1/me/') ? withToken(request, token) : request);
        tally.count(operation, manner, answer);
        const fault = check.fault(operation, answer);
        if (fault !== undefined) throw new Error(describeFault(fault, request, answer));
        if (answer.status < 300) learn(operation, answer, known);
      });
      // Requests build on the answers before them, so a failing one cannot be made smaller: it is shown as it is.
      await fc.assert(property, { numRuns: REQUESTS, seed: takeSeed('API requests') | 0, endOnFailure: true });

      expect(tally.neverAccepted()).toEqual([]);
      expect(tally.neverSeen(MANNERS)).toEqual([]);
      expect((await client.ask(get('/readyz'))).status).toBe(200);
      expect(server.complaints).not.toMatch(/http\.fault/);
      reportFigures('S26', {
        requests: REQUESTS,
        operations: document.operations.length,
        ...tally.byStatus(),
        faults: 0,
      });
    },
    minutes(15, 30),
  );

  it('refuses as ROUTE_NOT_FOUND what is not documented', async () => {
    const check = new AnswerCheck(description);
    const operation = {
      name: 'unknown',
      method: 'GET',
      path: '/',
      parameters: [],
      body: undefined,
      answers: new Map(),
    };
    for (const target of [
      '/v1',
      '/v1/',
      '/v2/promotions',
      '/admin',
      '/.git/config',
      '/v1/promotions/1/',
      '/v1/%2e%2e/x',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await client.ask({ method, target, headers: {}, body: undefined });
        expect([404, 405], `${method} ${target}`).toContain(answer.status);
        expect(check.fault(operation, answer), `${method} ${target}`).toBeUndefined();
      }
    }
  });
});

/** What a mail of the folder's first campaign would hold: links are made with the folder's own key. */
function unsubscribeToken(file: string): string {
  const database = new Database(file, { readonly: true });
  const secret = database.prepare<[], Uint8Array>("SELECT value FROM setting WHERE name = 'mac-key-1'").pluck().get();
  database.close();
  const tokens = createUnsubscribeTokens({ current: { id: 1, secret: secret ?? new Uint8Array() }, previous: [] });
  return tokens.write({ ordinal: ordinal(1), channel: 'email', campaignId: campaignId(1) });
}

const withToken = (request: ApiRequest, token: string): ApiRequest => ({
  ...request,
  headers: { authorization: `Bearer ${token}`, ...request.headers },
});

const get = (target: string): ApiRequest => ({ method: 'GET', target, headers: {}, body: undefined });

/** Any; now and then one that was never accepted and could be. */
function chooseOperation(
  draw: Draw,
  operations: readonly ApiOperation[],
  missing: readonly ApiOperation[],
): ApiOperation {
  if (missing.length > 0 && draw(fc.nat, 9) < 2) return pick(draw, missing);
  const operation = pick(draw, operations);
  return operation.name === SELDOM && draw(fc.nat, 9) > 0 ? pick(draw, operations) : operation;
}

const chooseManner = (draw: Draw): Manner => (draw(fc.boolean) ? 'fitting' : pick(draw, MANNERS));

/** None, any, or most often the newest. */
function chooseSuggestion(draw: Draw, suggestions: readonly Suggestion[]): Suggestion | undefined {
  const choice = draw(fc.nat, 9);
  if (suggestions.length === 0 || choice < 3) return undefined;
  return choice < 6 ? pick(draw, suggestions) : suggestions.at(-1);
}

function learn({ path }: ApiOperation, { headers, body }: ApiAnswer, known: RememberedValues): void {
  if (!String(headers['content-type']).startsWith('application/json')) return;
  known.learn(JSON.parse(body), path.split('/')[2] ?? '');
}

const describeFault = (fault: string, { method, target, headers, body }: ApiRequest, answer: ApiAnswer): string =>
  `${fault}\n${method} ${target}\n${JSON.stringify(headers)}\n${String(body).slice(0, 3_000)}\n` +
  `was answered ${answer.status}: ${answer.body.slice(0, 2_000)}`;

/** How often each operation was asked in which manner, and what came of it. */
class Tally {
  private readonly statuses = new Map<number, number>();
  private readonly manners = new Set<string>();
  private readonly accepted = new Set<string>();
  private readonly refusals = new Map<string, Set<string>>();

  constructor(private readonly operations: readonly ApiOperation[]) {}

  count({ name }: ApiOperation, manner: Manner, { status, body }: ApiAnswer): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.manners.add(manner);
    if (status < 300) this.accepted.add(name);
    else this.refusals.set(name, (this.refusals.get(name) ?? new Set()).add(/"code":"(\w+)"/.exec(body)?.[1] ?? ''));
  }

  /** Operations without one success, for which a right request is known. */
  missing(known: RememberedValues): ApiOperation[] {
    return this.operations.filter(({ name }) => !this.accepted.has(name) && known.suggestionsFor(name).length > 0);
  }

  /** Operations without one success, with the codes that they answered. */
  neverAccepted(): string[] {
    const names = this.operations.map(({ name }) => name).filter((name) => !this.accepted.has(name));
    return names.map((name) => `${name}: ${[...(this.refusals.get(name) ?? [])].join(', ')}`);
  }

  neverSeen(manners: readonly Manner[]): Manner[] {
    return manners.filter((manner) => !this.manners.has(manner));
  }

  byStatus(): Record<string, number> {
    const sorted = [...this.statuses].sort(([left], [right]) => left - right);
    return Object.fromEntries(sorted.map(([status, count]) => [`answered ${status}`, count]));
  }
}
