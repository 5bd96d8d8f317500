import type Database from 'better-sqlite3';
import { epochMs } from '../../core/time.js';
import type { ChannelMask } from '../../membership/flags.js';
import type { SuppressionChange } from '../../membership/member-repository.js';
import type { Suppression } from '../../membership/suppression.js';

type RawSuppression = [subjectHash: Uint8Array, channels: number, changedAt: number, reason: string];

/** The suppression list, by keyed hash. */
export class SuppressionRows {
  private readonly selectAny: Database.Statement<[], number>;
  private readonly selectChannels: Database.Statement<[Uint8Array], number>;
  private readonly save: Database.Statement<[Uint8Array, number, number, string]>;
  private readonly deleteRow: Database.Statement<[Uint8Array]>;
  private readonly selectPage: Database.Statement<[Uint8Array, number], RawSuppression>;

  constructor(database: Database.Database) {
    this.selectAny = database.prepare<[], number>('SELECT 1 FROM suppression LIMIT 1').pluck();
    this.selectChannels = database
      .prepare<[Uint8Array], number>('SELECT channels FROM suppression WHERE subject_hash = ?')
      .pluck();
    this.save = database.prepare(
      `INSERT INTO suppression (subject_hash, channels, changed_at, reason) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET channels = excluded.channels, changed_at = excluded.changed_at, reason = excluded.reason`,
    );
    this.deleteRow = database.prepare('DELETE FROM suppression WHERE subject_hash = ?');
    this.selectPage = database
      .prepare<[Uint8Array, number], RawSuppression>(
        'SELECT subject_hash, channels, changed_at, reason FROM suppression WHERE subject_hash > ? ORDER BY subject_hash LIMIT ?',
      )
      .raw();
  }

  hasAny(): boolean {
    return this.selectAny.get() !== undefined;
  }

  channelsOf(subjectHash: Uint8Array): ChannelMask {
    return this.selectChannels.get(subjectHash) ?? 0;
  }

  /** A change that changes no channel leaves the row with its time and reason. */
  change({ subjectHash, add, remove, changedAt, reason }: SuppressionChange): void {
    const before = this.channelsOf(subjectHash);
    const after = (before | add) & ~remove;
    if (after === before) return;
    if (after === 0) this.deleteRow.run(subjectHash);
    else this.save.run(subjectHash, after, changedAt, reason);
  }

  page(afterHash: Uint8Array, limit: number): readonly Suppression[] {
    return this.selectPage.all(afterHash, limit).map(([subjectHash, channels, changedAt, reason]) => ({
      subjectHash,
      channels,
      changedAt: epochMs(changedAt),
      reason,
    }));
  }
}
