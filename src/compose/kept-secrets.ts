/** Secrets that a store keeps for itself, made when they are first needed. */
import type { FolderFacts } from '../core/folder-facts.js';
import type { Random } from '../core/ports/random.js';
import type { Store } from '../core/ports/store.js';
import { MIN_SECRET_BYTES, type MacKeys } from '../push/mac-keys.js';

const SUBJECT_KEY = 'subject-key-1';

type FactsStore = Store<{ readonly facts: FolderFacts }>;

/** The key behind references and links, the same for all who work on the store. */
export async function keepMacKeys(store: FactsStore, random: Random): Promise<MacKeys> {
  return { current: { id: 1, secret: await keepSecret(store, random, 'mac-key-1') }, previous: [] };
}

/** The secret under which suppressed addresses are hashed. */
export const keepSubjectKey = (store: FactsStore, random: Random): Promise<Uint8Array> =>
  keepSecret(store, random, SUBJECT_KEY);

/** The same for who only looks: writes nothing, and where nothing was hashed yet any key will do. */
export const findSubjectKey = async (store: FactsStore, random: Random): Promise<Uint8Array> =>
  (await store.read((tx) => tx.facts.read(SUBJECT_KEY))) ?? random.bytes(MIN_SECRET_BYTES);

/** The key under which codes of coupons are hashed. */
export const keepCodeKey = (store: FactsStore, random: Random): Promise<Uint8Array> =>
  keepSecret(store, random, 'code-key-1');

/** Of several who start at once the first one's is kept. */
async function keepSecret(store: FactsStore, random: Random, name: string): Promise<Uint8Array> {
  const fresh = random.bytes(MIN_SECRET_BYTES);
  return store.transaction((tx) => tx.facts.keepFirst(name, fresh));
}
