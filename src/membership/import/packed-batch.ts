import type { EpochMs } from '../../core/time.js';
import type { PushPlatform } from '../member.js';
import type { MemberStatement } from '../statement.js';

/**
 * Statements on their way between threads, as UTF-8: JSON arrays of flat arrays, one behind the other. Bytes are handed
 * over without a copy and parsed in 1 µs a row; the same rows as objects take three times that to clone. They are parsed
 * piece by piece, so that the text of a piece is small enough to be gone with the next collection.
 */
export interface PackedBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each JSON array ends. All rows of a member are in one of them. */
  readonly pieceEnds: readonly number[];
}

export interface NumberedStatement extends MemberStatement {
  /** Physical line of the file, or number of the generated member. */
  readonly line: number;
}

type PackedRow = [
  line: number,
  present: number,
  memberId: string,
  name: string | null,
  level: number,
  points: number,
  activeDays: number,
  lastActiveAt: EpochMs | null,
  timeZone: string | null,
  locale: string | null,
  email: string | null,
  phone: string | null,
  pushToken: string | null,
  pushPlatform: PushPlatform | null,
  consent: string,
  tags: string,
  attributes: string,
  flags: number,
];

export function packStatement({ present, row }: MemberStatement, line: number): string {
  const packed: PackedRow = [
    line,
    present,
    row.memberId,
    row.name,
    row.level,
    row.points,
    row.activeDays,
    row.lastActiveAt,
    row.timeZone,
    row.locale,
    row.email,
    row.phone,
    row.pushToken,
    row.pushPlatform,
    row.consent,
    row.tags,
    row.attributes,
    row.flags,
  ];
  return JSON.stringify(packed);
}

/** Three times as fast as the text of a buffer, where there is more than ASCII. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** The statements of a batch, piece by piece. */
export function* unpackPieces({ bytes, pieceEnds }: PackedBatch): Generator<readonly NumberedStatement[]> {
  let start = 0;
  for (const end of pieceEnds) {
    yield unpackStatements(bytes.subarray(start, end));
    start = end;
  }
}

function unpackStatements(bytes: Uint8Array): readonly NumberedStatement[] {
  const rows = JSON.parse(DECODER.decode(bytes)) as PackedRow[]; // made by packStatement in our own thread
  return rows.map((row) => ({
    line: row[0],
    present: row[1],
    row: {
      memberId: row[2],
      name: row[3],
      level: row[4],
      points: row[5],
      activeDays: row[6],
      lastActiveAt: row[7],
      timeZone: row[8],
      locale: row[9],
      email: row[10],
      phone: row[11],
      pushToken: row[12],
      pushPlatform: row[13],
      consent: row[14],
      tags: row[15],
      attributes: row[16],
      flags: row[17],
    },
  }));
}
