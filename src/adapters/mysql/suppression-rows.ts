import { epochMs } from '../../core/time.js';
import type { ChannelMask } from '../../membership/flags.js';
import type { SuppressionChange } from '../../membership/member-repository.js';
import type { Suppression } from '../../membership/suppression.js';
import { selectIn } from './bounded-lists.js';
import { selectValue, type MysqlSession } from './session.js';

const ANY = 'SELECT 1 FROM suppression LIMIT 1';
const CHANNELS = 'SELECT subject_hash, channels FROM suppression WHERE subject_hash IN (?)';
const SAVE = `INSERT INTO suppression (subject_hash, channels, changed_at, reason) VALUES (?, ?, ?, ?)
   ON DUPLICATE KEY UPDATE channels = VALUES(channels), changed_at = VALUES(changed_at), reason = VALUES(reason)`;
const REMOVE = 'DELETE FROM suppression WHERE subject_hash = ?';
const PAGE = `SELECT subject_hash, channels, changed_at, reason FROM suppression
   WHERE subject_hash > ? ORDER BY subject_hash LIMIT ?`;

type RawSuppression = [subjectHash: Uint8Array, channels: number, changedAt: number, reason: string];

/** The suppression list, by keyed hash. Who writes it holds the gate alone (see member-locks.ts). */
export class SuppressionRows {
  constructor(private readonly session: MysqlSession) {}

  async hasAny(): Promise<boolean> {
    return (await selectValue<number>(this.session, ANY, [])) !== undefined;
  }

  /** In the order asked; 0 for a subject that is not on the list. */
  async channelsOf(hashes: readonly Uint8Array[]): Promise<readonly ChannelMask[]> {
    const rows = await selectIn<[subjectHash: Uint8Array, channels: number]>(this.session, CHANNELS, hashes);
    const known = new Map(rows.map(([hash, channels]) => [keyOf(hash), channels]));
    return hashes.map((hash) => known.get(keyOf(hash)) ?? 0);
  }

  /** A change that changes no channel leaves the row with its time and reason. */
  async change({ subjectHash, add, remove, changedAt, reason }: SuppressionChange): Promise<void> {
    const [before = 0] = await this.channelsOf([subjectHash]);
    const after = (before | add) & ~remove;
    if (after === before) return;
    if (after === 0) await this.session.execute(REMOVE, [subjectHash]);
    else await this.session.execute(SAVE, [subjectHash, after, changedAt, reason]);
  }

  async page(afterHash: Uint8Array, limit: number): Promise<readonly Suppression[]> {
    const rows = await this.session.selectArrays<RawSuppression>(PAGE, [afterHash, limit]);
    return rows.map(([subjectHash, channels, changedAt, reason]) => ({
      subjectHash,
      channels,
      changedAt: epochMs(changedAt),
      reason,
    }));
  }
}

const keyOf = (hash: Uint8Array): string =>
  Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
