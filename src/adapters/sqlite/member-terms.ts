import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { NO_TERM, TERM_KIND, type TermKind } from '../stored/term-kinds.js';

/**
 * Words that members share, by number. Numbers of words are remembered; a transaction that was rolled back may have
 * taken its new words along, which shows in the highest number, so `begin` looks at it before a batch relies on
 * the memory. (No word is added but through here, and a word that went never gives its number to another.)
 */
export class MemberTerms {
  private idByTerm: ReadonlyMap<TermKind, Map<string, number>> = noTerms();
  private rememberedCount = 0;
  private readonly termById = new Map<number, string>();
  private highestId = 0;
  private readonly selectHighest: Database.Statement<[], number | null>;
  private readonly selectId: Database.Statement<[number, string], number>;
  private readonly selectTerm: Database.Statement<[number], string>;
  private readonly insert: Database.Statement<[number, string], number>;
  private readonly deleteTerm: Database.Statement<[number]>;

  constructor(database: Database.Database) {
    this.selectHighest = database.prepare<[], number | null>('SELECT max(term_id) FROM member_term').pluck();
    this.selectId = database
      .prepare<[number, string], number>('SELECT term_id FROM member_term WHERE kind = ? AND term = ?')
      .pluck();
    this.selectTerm = database.prepare<[number], string>('SELECT term FROM member_term WHERE term_id = ?').pluck();
    this.insert = database
      .prepare<[number, string], number>('INSERT INTO member_term (kind, term) VALUES (?, ?) RETURNING term_id')
      .pluck();
    this.deleteTerm = database.prepare('DELETE FROM member_term WHERE term_id = ?');
  }

  /** To be called before each batch of `idOf`. */
  begin(): void {
    if ((this.selectHighest.get() ?? 0) >= this.highestId && this.rememberedCount < MAX_REMEMBERED) return;
    this.forget();
  }

  /** The number of a word, which is added when it is new. */
  idOf(kind: TermKind, term: string): number {
    const known = this.idByTerm.get(kind);
    let id = known?.get(term);
    if (id === undefined) {
      id = this.selectId.get(kind, term) ?? this.insert.get(kind, term);
      assert(id !== undefined, 'an added term has an id');
      known?.set(term, id);
      this.rememberedCount += 1;
      this.highestId = Math.max(this.highestId, id);
    }
    return id;
  }

  /** The number of a word, undefined where nobody ever had it. */
  find(kind: TermKind, term: string): number | undefined {
    return this.selectId.get(kind, term);
  }

  /** The word of a number; null for `NO_TERM`. */
  termOf(id: number): string | null {
    if (id === NO_TERM) return null;
    let term = this.termById.get(id);
    if (term === undefined) {
      term = this.selectTerm.get(id);
      assert(term !== undefined, `term ${id} is in member_term`);
      if (this.termById.size >= MAX_REMEMBERED) this.termById.clear();
      this.termById.set(id, term);
    }
    return term;
  }

  remove(id: number): void {
    this.deleteTerm.run(id);
    this.forget();
  }

  private forget(): void {
    this.idByTerm = noTerms();
    this.rememberedCount = 0;
    this.termById.clear();
    this.highestId = 0;
  }
}

const noTerms = (): ReadonlyMap<TermKind, Map<string, number>> =>
  new Map(Object.values(TERM_KIND).map((kind) => [kind, new Map<string, number>()]));

/** Tags are the shop's own words: a million different ones must not fill the memory. */
const MAX_REMEMBERED = 50_000;
