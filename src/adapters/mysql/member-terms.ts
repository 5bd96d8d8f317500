import { assert } from '../../core/assert.js';
import { NO_TERM, TERM_KIND, type TermKind } from '../stored/term-kinds.js';
import { selectIn } from './bounded-lists.js';
import type { MysqlSession } from './session.js';

const FIND = `SELECT kind, term, term_id FROM member_term FORCE INDEX (member_term_word)
   WHERE kind IN (${Object.values(TERM_KIND).join(', ')}) AND term IN (?)`;
const ADD = 'INSERT INTO member_term (kind, term) VALUES ? ON DUPLICATE KEY UPDATE term_id = term_id';
const NAME = 'SELECT term_id, term FROM member_term WHERE term_id IN (?)';
const UNUSED = `SELECT term_id FROM member_term WHERE kind = ${TERM_KIND.tag} AND term IN (?)
   AND NOT EXISTS (SELECT 1 FROM member_tag_block AS b WHERE b.tag_id = member_term.term_id)`;
const HOLD = 'SELECT term_id FROM member_term WHERE term_id IN (?)';
const USED = 'SELECT DISTINCT tag_id FROM member_tag_block WHERE tag_id IN (?)';
const REMOVE = 'DELETE FROM member_term WHERE term_id IN (?)';

/** A word and what it is used as. */
export interface Term {
  readonly kind: TermKind;
  readonly term: string;
}

/** Numbers of the words of a batch. */
export class TermNumbers {
  private readonly idByKey = new Map<string, number>();

  constructor(rows: Iterable<readonly [kind: number, term: string, termId: number]>) {
    for (const [kind, term, termId] of rows) this.idByKey.set(keyOf(kind, term), termId);
  }

  has({ kind, term }: Term): boolean {
    return this.idByKey.has(keyOf(kind, term));
  }

  idOf(kind: TermKind, term: string | null): number {
    if (term === null) return NO_TERM;
    const id = this.idByKey.get(keyOf(kind, term));
    assert(id !== undefined, 'the words of a batch were entered before it');
    return id;
  }
}

/**
 * Words that members share, by number. Nothing is remembered between transactions: another node may have forgotten a
 * word. One look-up a batch, whose rows stay as they are until the transaction ends.
 */
export class MemberTerms {
  constructor(private readonly session: MysqlSession) {}

  /** The numbers of these words, those that are new added. */
  async enter(terms: readonly Term[]): Promise<TermNumbers> {
    const wanted = [...new Map(terms.map((term) => [keyOf(term.kind, term.term), term])).values()];
    const known = await this.find(wanted);
    const added = wanted.filter((term) => !known.has(term)).sort(byWord);
    if (added.length === 0) return known;
    await this.session.execute(ADD, [added.map(({ kind, term }) => [kind, term])], { isText: true });
    return this.find(wanted);
  }

  /** The words of these numbers; `NO_TERM` has none. */
  async names(termIds: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const wanted = [...new Set(termIds)].filter((id) => id !== NO_TERM);
    return new Map(await selectIn<[number, string]>(this.session, NAME, wanted));
  }

  /** After an erasure: a tag that nobody carries any more is forgotten, as it may have named the person. */
  async forgetUnused(tags: readonly string[]): Promise<void> {
    const unused = (await selectIn<[number]>(this.session, UNUSED, tags)).map(([id]) => id);
    if (unused.length === 0) return;
    // Who is about to use one holds its row, and has written its block when this has the row.
    const held = (await selectIn<[number]>(this.session, HOLD, unused, { lock: 'change' })).map(([id]) => id);
    const used = new Set((await selectIn<[number]>(this.session, USED, held)).map(([id]) => id));
    const gone = held.filter((id) => !used.has(id));
    if (gone.length > 0) await this.session.execute(REMOVE, [gone], { isText: true });
  }

  private async find(terms: readonly Term[]): Promise<TermNumbers> {
    const words = [...new Set(terms.map(({ term }) => term))].sort();
    return new TermNumbers(await selectIn<[number, string, number]>(this.session, FIND, words, { lock: 'keep' }));
  }
}

const keyOf = (kind: number, term: string): string => `${kind}:${term}`;
const byWord = (left: Term, right: Term): number =>
  left.kind - right.kind || (left.term < right.term ? -1 : left.term > right.term ? 1 : 0);
