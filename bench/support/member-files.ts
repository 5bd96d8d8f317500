/** Files of members as a shop's systems write them: all that is known, and what a data team renews every night. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { formatInstant } from '../../src/core/time.js';
import { generatedMember } from '../../src/membership/generate/generated-member.js';

export interface MemberFileOptions {
  readonly path: string;
  readonly members: number;
  readonly seed: number;
}

const FULL_HEADER =
  'memberId,name,level,points,activeDays,lastActiveAt,tags,timeZone,locale,email,phone,pushToken,pushPlatform,' +
  'consent.sms,consent.sms.at,attributes.city';
const PIECE_CHARACTERS = 262_144;

/** 16 columns, about 180 bytes a row. */
export const writeFullFile = (options: MemberFileOptions): Promise<void> => writeLines(options, FULL_HEADER, fullLine);

/** `memberId`, level, points, active days and tags, each another than in the full file. */
export const writeNightlyFile = (options: MemberFileOptions): Promise<void> =>
  writeLines(options, 'memberId,level,points,activeDays,tags', nightlyLine);

type Line = (seed: number, number: number) => string;

async function writeLines({ path, members, seed }: MemberFileOptions, header: string, line: Line): Promise<void> {
  const file = createWriteStream(path);
  let piece = `${header}\r\n`;
  for (let number = 0; number < members; number++) {
    piece += `${line(seed, number)}\r\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    if (!file.write(piece)) await once(file, 'drain');
    piece = '';
  }
  file.end(piece);
  await once(file, 'close');
}

const fullLine: Line = (seed, number) => {
  const { row } = generatedMember(seed, number);
  const tags = (JSON.parse(row.tags) as string[]).join(','); // the generator's own text
  const lastActive = row.lastActiveAt === null ? '' : formatInstant(row.lastActiveAt);
  return (
    `${row.memberId},${row.name ?? ''},${row.level},${row.points},${row.activeDays},${lastActive},"${tags}",` +
    `${row.timeZone ?? ''},${row.locale ?? ''},${row.email ?? ''},${row.phone ?? ''},${row.pushToken ?? ''},` +
    `${row.pushPlatform ?? ''},${row.phone === null ? '' : 'granted'},${row.phone === null ? '' : lastActive},上海`
  );
};

const nightlyLine: Line = (seed, number) => {
  const { row } = generatedMember(seed, number);
  return `${row.memberId},${(row.level + 1) % 6},${row.points + 10},${(row.activeDays + 1) % 31},${number % 3 === 0 ? 'app' : ''}`;
};
