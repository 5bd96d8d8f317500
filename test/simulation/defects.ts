import type { SqliteTx } from '../../src/adapters/sqlite/sqlite-tx.js';
import { OUTCOME_BASE, PENDING_FRESH, isInFlight, toPending } from '../../src/ledger/cell-code.js';
import { epochMs } from '../../src/core/time.js';
import type { Chunk, Provider } from '../../src/core/ports/provider.js';
import { kindAt } from '../../src/push/merge-answers.js';
import type { PortWrappers } from './machine.js';
import type { Theme } from './scenario.js';

/** An engine that is wrong in one way, made by what stands between it and its ports. */
export interface Defect {
  readonly name: string;
  /** Seeds of this theme alone are worth a look: elsewhere it can't show. */
  readonly theme?: Theme;
  /** A new one for each run: some remember. */
  readonly wrappers: () => PortWrappers;
  /** What the judge must say of it. */
  readonly verdict: RegExp;
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'sends before its marks are committed',
    wrappers: () => ({ store: answeringBeforeCommit }),
    verdict: /doubled|she got 1|missed/,
  },
  {
    name: 'writes without the fence of its lease',
    theme: 'twoProcesses',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        ledger: changed(tx.ledger, {
          load: (key) => tx.ledger.find(key),
          save: async (writes) => {
            const saved = await tx.ledger.save(writes);
            for (const [index, { key, cells, counts }] of writes.entries()) {
              if (saved[index] === false) await tx.ledger.merge(key, cells, counts);
            }
            return saved.map(() => true);
          },
        }),
      }),
    }),
    verdict: /auditor finds|doubled|caused by something/,
  },
  {
    name: 'gives another key after an ambiguous answer',
    wrappers: () => ({ provider: newKeyAfterAmbiguous }),
    verdict: /\(keyed\).*doubled/,
  },
  {
    name: 'takes a lost answer for one that was never asked for',
    wrappers: () => ({
      provider: (provider) =>
        answering(provider, async (chunk, send) => {
          const answer = await send();
          const kinds = Array.from(chunk.ordinals, (_, index) => kindAt(answer, index));
          return { ...answer, kinds: kinds.map((kind) => (kind === 'ambiguous' ? 'notSent' : kind)) };
        }),
    }),
    verdict: /doubled/,
  },
  {
    name: 'counts outcomes twice',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        ledger: changed(tx.ledger, {
          addCounts: async (deltas) => {
            await tx.ledger.addCounts(deltas);
            await tx.ledger.addCounts(deltas.filter(({ code, members }) => code >= OUTCOME_BASE && members > 0));
          },
        }),
      }),
    }),
    verdict: /auditor finds ledger\.streamCounts/,
  },
  {
    name: 'decides by flags of yesterday',
    wrappers: () => ({
      tx: (tx) => {
        const known = new Map<number, Uint16Array>();
        const flagsOfBlocks: SqliteTx['members']['flagsOfBlocks'] = async (blocks) => {
          const flags = await tx.members.flagsOfBlocks(blocks);
          return blocks.map((block, index) => {
            const first = known.get(block) ?? flags[index] ?? new Uint16Array();
            known.set(block, first.slice());
            return first;
          });
        };
        return { ...tx, members: changed(tx.members, { flagsOfBlocks }) };
      },
    }),
    verdict: /after her opt-out was acknowledged/,
  },
  {
    name: 'does not look whether it was paused',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        campaigns: changed(tx.campaigns, {
          find: async (id) => unpaused(await tx.campaigns.find(id)),
          inStates: async (states) => (await tx.campaigns.inStates(states)).map((campaign) => unpaused(campaign)),
        }),
      }),
    }),
    verdict: /while it was paused/,
  },
  {
    name: 'completes while some are pending',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        ledger: changed(tx.ledger, {
          counts: async (stream) => {
            const counts = new Map(await tx.ledger.counts(stream));
            if ((counts.get(PENDING_FRESH) ?? 0) < 5) counts.delete(PENDING_FRESH);
            return counts;
          },
        }),
      }),
    }),
    verdict: /still (?:pending|inFlight) at the end|auditor finds campaign/,
  },
  {
    name: 'forgets at a takeover that something was sent',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        ledger: changed(tx.ledger, {
          claim: async (stream, options) => {
            const claimed = await tx.ledger.claim(stream, options);
            for (const { row } of claimed) {
              row.cells.forEach((code, position) => {
                if (isInFlight(code)) row.cells[position] = toPending(code);
              });
            }
            return claimed;
          },
        }),
      }),
    }),
    verdict: /doubled/,
  },
  {
    name: 'knows no pace',
    wrappers: () => ({
      pacer: () => ({ setLimit: () => undefined, tryTake: () => 0, giveBack: () => undefined }),
    }),
    verdict: /within a second at a limit/,
  },
  {
    name: 'tries again at once, whatever the vendor asked for',
    wrappers: () => ({
      tx: (tx) => ({
        ...tx,
        ledger: changed(tx.ledger, {
          save: (writes) =>
            tx.ledger.save(
              writes.map((write) => {
                const { nextAttemptAt = null, retryAt = null } = write.release ?? {};
                const atOnce = (at: number | null) => (at === null ? null : epochMs(0));
                if (write.release === undefined) return write;
                return { ...write, release: { nextAttemptAt: atOnce(nextAttemptAt), retryAt: atOnce(retryAt) } };
              }),
            ),
        }),
      }),
    }),
    verdict: /Retry-After ended/,
  },
  {
    name: 'leaves the leases of the dead',
    wrappers: () => ({
      tx: (tx) => ({ ...tx, ledger: changed(tx.ledger, { endAllLeases: async () => 0 }) }),
    }),
    verdict: /is still running|still (?:pending|inFlight)/,
  },
];

/** A repository with some of its methods replaced; it may keep the others on its prototype. */
function changed<Repository extends object>(repository: Repository, methods: Partial<Repository>): Repository {
  return new Proxy(repository, {
    get: (target, property, receiver): unknown =>
      Object.hasOwn(methods, property) ? Reflect.get(methods, property) : Reflect.get(target, property, receiver),
  });
}

const unpaused = <Found>(campaign: Found): Found => ({ ...campaign, pauseReasons: [] });

type Stored = Parameters<NonNullable<PortWrappers['store']>>[0];

/** Answers bulk work as soon as its body is through; its commit comes when it comes. */
const answeringBeforeCommit = (store: Stored): Stored => ({
  transaction: async (body, options) => {
    if (options?.isBulk !== true) return store.transaction(body, options);
    const undone = new Error('answered, and not committed yet');
    let answer: { readonly result: Awaited<ReturnType<typeof body>> } | undefined;
    const first = store.transaction(async (tx) => {
      answer = { result: await body(tx) };
      throw undone;
    }, options);
    await first.catch((error: unknown) => {
      if (error !== undone) throw error;
    });
    if (answer === undefined) throw undone;
    store.transaction(body, options).catch(() => undefined); // nobody is told when it fails: that is what is wrong
    return answer.result;
  },
  read: (body) => store.read(body),
  truncate: () => store.truncate(),
  stats: () => store.stats(),
  close: () => store.close(),
  get isAvailable() {
    return store.isAvailable;
  },
});

/** A provider whose sends go through something else. */
const answering = (
  provider: Provider,
  send: (chunk: Chunk, go: (chunk?: Chunk) => ReturnType<Provider['send']>) => ReturnType<Provider['send']>,
): Provider => ({
  channel: provider.channel,
  capabilities: provider.capabilities,
  send: (chunk, options) => send(chunk, (instead = chunk) => provider.send(instead, options)),
  close: () => provider.close(),
});

function newKeyAfterAmbiguous(provider: Provider): Provider {
  const doubtful = new Map<string, number>();
  const keyOf = ({ campaignId }: Chunk, ordinal: number): string => `${campaignId}/${ordinal}`;
  return answering(provider, async (chunk, send) => {
    const rounds = Uint8Array.from(chunk.rounds, (round, index) =>
      Math.min(15, round + (doubtful.get(keyOf(chunk, chunk.ordinals[index] ?? 0)) ?? 0)),
    );
    const answer = await send({ ...chunk, rounds });
    chunk.ordinals.forEach((ordinal, index) => {
      const key = keyOf(chunk, ordinal);
      if (kindAt(answer, index) === 'ambiguous') doubtful.set(key, (doubtful.get(key) ?? 0) + 1);
    });
    return answer;
  });
}
