/** What a move needs of the two sides; each table of the embedded store is one part, or several. */
import type { EpochMs } from '../core/time.js';

/** Rows of the folder that go into one table of the database. */
export interface MovePart {
  /** Unique, and the same in every run. */
  readonly name: string;
  /** The table of the database. */
  readonly into: string;
  /** Its columns, in the order of the values of a row. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /**
   * Rows as texts of SQL, `(1,'a',NULL)`, in the order of the part's key from the given place on: the same rows at the
   * same places in every run, while nobody writes to the folder.
   */
  rows(from: number): Iterable<string>;
}

/** A folder whose lock the caller holds. */
export interface MoveSource {
  readonly parts: readonly MovePart[];
  /** The last number that a word was given, also where the word is gone. */
  readonly lastTermId: number;
  close(): void;
}

/** The move that has filled a database, or is about to. */
export interface MoveIn {
  readonly moveId: string;
  /** Null until the last check: no node works on the database before. */
  readonly finishedAt: EpochMs | null;
}

export interface MoveInRepository {
  find(): Promise<MoveIn | undefined>;
  begin(moveId: string, at: EpochMs): Promise<void>;
  /** Forgets a move that has copied nothing. */
  withdraw(moveId: string): Promise<void>;
  /** The last step: words get numbers above `lastTermId`, and nodes may work here. */
  finish(move: { readonly moveId: string; readonly lastTermId: number; readonly at: EpochMs }): Promise<void>;
  /** Tables with rows, but for those that every database of ours has. */
  filledTables(): Promise<readonly string[]>;
  /** Rows of each part that are here; parts without any are absent. */
  copied(): Promise<ReadonlyMap<string, number>>;
  /** Adds rows and notes them, after `from` that are here; the transaction fails when there are not so many. */
  append(part: MovePart, from: number, rows: readonly string[]): Promise<void>;
}

export interface MoveInTx {
  readonly moveIn: MoveInRepository;
}
