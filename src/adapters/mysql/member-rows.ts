import { epochMs, type EpochMs } from '../../core/time.js';
import type { PushPlatform } from '../../membership/member.js';
import type { MemberRow, StoredMember } from '../../membership/member-row.js';
import { hasSameCore, hasSameProfile, showsTheSame } from '../stored/member-halves.js';
import { areAllAbove } from '../stored/new-ids.js';
import { TERM_KIND } from '../stored/term-kinds.js';
import { executeIn, rowSlices, selectIn } from './bounded-lists.js';
import type { MemberTerms, Term, TermNumbers } from './member-terms.js';
import { selectValue, type Bound, type MysqlSession } from './session.js';

/** Order of `RawMember`. */
const MEMBER = `SELECT c.ordinal, c.level, c.points, c.active_days, c.last_active_at, c.time_zone_id, c.locale_id, c.flags,
    p.member_id, p.name, p.email, p.phone, p.push_token, p.push_platform, p.contacts_changed_at, p.consent, p.tags, p.attributes
  FROM member_core AS c JOIN member_profile AS p ON p.ordinal = c.ordinal WHERE`;
const BY_ORDINALS = `${MEMBER} c.ordinal IN (?)`;
const BY_RANGE = `${MEMBER} c.ordinal >= ? AND c.ordinal < ?`;

type RawMember = [
  ordinal: number,
  level: number,
  points: number,
  activeDays: number,
  lastActiveAt: number | null,
  timeZoneId: number,
  localeId: number,
  flags: number,
  memberId: string,
  name: string | null,
  email: string | null,
  phone: string | null,
  pushToken: string | null,
  pushPlatform: string | null,
  contactsChangedAt: number,
  consent: string,
  tags: string,
  attributes: string,
];

const ORDINALS_BY_ID = 'SELECT member_id, ordinal FROM member_profile WHERE member_id IN (?)';
const IDS = 'SELECT ordinal, member_id FROM member_profile WHERE ordinal IN (?)';
/** Of the half that logins do not write: who claims and logs in does not wait for herself. */
const KEEP = 'SELECT ordinal FROM member_profile WHERE ordinal IN (?)';
const CHANGED_AT = 'SELECT ordinal, changed_at FROM member_core WHERE ordinal IN (?)';
const HIGHEST_ID = 'SELECT member_id FROM member_profile ORDER BY member_id DESC LIMIT 1';

/**
 * Many rows a statement, as text. For 2,000 members in a transaction of their own, alternating, medians of 8, on a machine
 * with much else to do (a script of its own; MariaDB 10.11): this 409 ms and 14 ms of CPU here, LOAD DATA LOCAL INFILE
 * from a stream 408 and 10, prepared statements of 100 rows 421 and 19. LOAD DATA is not taken for that: it turns a key
 * that is there already into a warning, and servers have it switched off, as our connections do.
 */
const INSERT_PROFILES = `INSERT INTO member_profile (ordinal, member_id, name, email, phone, push_token, push_platform,
   contacts_changed_at, consent, tags, attributes) VALUES ?`;
const INSERT_CORES = `INSERT INTO member_core (ordinal, level, points, active_days, last_active_at, time_zone_id, locale_id,
   flags, changed_at) VALUES ?`;
/** The rows are there and their blocks are held: no row is added by these. */
const UPDATE_PROFILES = `${INSERT_PROFILES} ON DUPLICATE KEY UPDATE name = VALUES(name), email = VALUES(email),
   phone = VALUES(phone), push_token = VALUES(push_token), push_platform = VALUES(push_platform),
   contacts_changed_at = VALUES(contacts_changed_at), consent = VALUES(consent), tags = VALUES(tags),
   attributes = VALUES(attributes)`;
const UPDATE_CORES = `${INSERT_CORES} ON DUPLICATE KEY UPDATE level = VALUES(level), points = VALUES(points),
   active_days = VALUES(active_days), last_active_at = VALUES(last_active_at), time_zone_id = VALUES(time_zone_id),
   locale_id = VALUES(locale_id), flags = VALUES(flags), changed_at = COALESCE(VALUES(changed_at), changed_at)`;
const DELETE_PROFILES = 'DELETE FROM member_profile WHERE ordinal IN (?)';
const DELETE_CORES = 'DELETE FROM member_core WHERE ordinal IN (?)';

/** Ids above which it is worth asking for the highest one first: a load in the order of ids meets none that it has. */
const MANY_IDS = 50;
/** A row's text without its long columns. */
const ROW_BYTES = 400;
const CORE_BYTES = 80;
const MAX_BYTES_PER_CHARACTER = 3;

/** A change of one member, and when its addresses last changed after it. */
export interface RowChange {
  readonly before: StoredMember;
  readonly after: MemberRow;
  readonly contactsChangedAt: number;
}

/** The rows of members in member_core and member_profile, nothing else. */
export class MemberRows {
  constructor(
    private readonly session: MysqlSession,
    private readonly terms: MemberTerms,
  ) {}

  async insert(
    firstOrdinal: number,
    rows: readonly MemberRow[],
    { contactsChangedAt, numbers }: { readonly contactsChangedAt: number; readonly numbers: TermNumbers },
  ): Promise<void> {
    await this.write(
      INSERT_PROFILES,
      rows.map((row, index) => profileOf(firstOrdinal + index, row, contactsChangedAt)),
      profileBytes,
    );
    await this.write(
      INSERT_CORES,
      rows.map((row, index) => coreOf(firstOrdinal + index, row, { numbers, changedAt: null })),
      () => CORE_BYTES,
    );
  }

  /** Writes the halves that differ. */
  async update(
    changes: readonly RowChange[],
    { now, numbers }: { readonly now: EpochMs; readonly numbers: TermNumbers },
  ): Promise<void> {
    const profiles = changes
      .filter(
        ({ before, after, contactsChangedAt }) =>
          !hasSameProfile(before, after) || before.contactsChangedAt !== contactsChangedAt,
      )
      .map(({ before, after, contactsChangedAt }) => profileOf(before.ordinal, after, contactsChangedAt));
    await this.write(UPDATE_PROFILES, profiles, profileBytes);
    const cores = changes
      .filter(({ before, after }) => !showsTheSame(before, after) || !hasSameCore(before, after))
      .map(({ before, after }) =>
        coreOf(before.ordinal, after, { numbers, changedAt: showsTheSame(before, after) ? null : now }),
      );
    await this.write(UPDATE_CORES, cores, () => CORE_BYTES);
  }

  async remove(ordinals: readonly number[]): Promise<void> {
    await executeIn(this.session, DELETE_PROFILES, ordinals);
    await executeIn(this.session, DELETE_CORES, ordinals);
  }

  async findByOrdinals(ordinals: ArrayLike<number>): Promise<(StoredMember | undefined)[]> {
    const wanted = Array.from(ordinals);
    const found = await this.toStored(await selectIn<RawMember>(this.session, BY_ORDINALS, [...new Set(wanted)]));
    const byOrdinal = new Map(found.map((member) => [member.ordinal, member]));
    return wanted.map((ordinal) => byOrdinal.get(ordinal));
  }

  async inRange(from: number, until: number): Promise<StoredMember[]> {
    return this.toStored(await this.session.selectArrays<RawMember>(BY_RANGE, [from, until]));
  }

  /** In the order asked; undefined where nobody has the id. */
  async findOrdinals(memberIds: readonly string[]): Promise<(number | undefined)[]> {
    if (memberIds.length > MANY_IDS && areAllAbove(await selectValue<string>(this.session, HIGHEST_ID, []), memberIds))
      return memberIds.map(() => undefined);
    const found = new Map(await selectIn<[string, number]>(this.session, ORDINALS_BY_ID, [...new Set(memberIds)]));
    return memberIds.map((id) => found.get(id));
  }

  async memberIdsOf(ordinals: ArrayLike<number>): Promise<readonly (string | undefined)[]> {
    const wanted = Array.from(ordinals);
    const found = new Map(await selectIn<[number, string]>(this.session, IDS, wanted));
    return wanted.map((ordinal) => found.get(ordinal));
  }

  async keepExisting(ordinals: readonly number[]): Promise<ReadonlySet<number>> {
    const ascending = [...ordinals].sort((left, right) => left - right);
    const rows = await selectIn<[number]>(this.session, KEEP, ascending, { lock: 'keep' });
    return new Set(rows.map(([ordinal]) => ordinal));
  }

  /** Undefined where nobody is; null while nothing changed that a message shows. */
  async changedAtOf(ordinals: ArrayLike<number>): Promise<readonly (EpochMs | null | undefined)[]> {
    const wanted = Array.from(ordinals);
    const found = new Map(await selectIn<[number, number | null]>(this.session, CHANGED_AT, wanted));
    return wanted.map((ordinal) => {
      const changedAt = found.get(ordinal);
      return changedAt === undefined || changedAt === null ? changedAt : epochMs(changedAt);
    });
  }

  private async write(
    sql: string,
    rows: readonly (readonly Bound[])[],
    sizeOf: (row: readonly Bound[]) => number,
  ): Promise<void> {
    for (const slice of rowSlices(rows, sizeOf)) await this.session.execute(sql, [slice], { isText: true });
  }

  private async toStored(rows: readonly RawMember[]): Promise<StoredMember[]> {
    const names = await this.terms.names(rows.flatMap((raw) => [raw[5], raw[6]]));
    return rows.map((raw) => ({
      ordinal: raw[0],
      level: raw[1],
      points: raw[2],
      activeDays: raw[3],
      lastActiveAt: raw[4] === null ? null : epochMs(raw[4]),
      timeZone: names.get(raw[5]) ?? null,
      locale: names.get(raw[6]) ?? null,
      flags: raw[7],
      memberId: raw[8],
      name: raw[9],
      email: raw[10],
      phone: raw[11],
      pushToken: raw[12],
      pushPlatform: raw[13] as PushPlatform | null, // written from that type only
      contactsChangedAt: epochMs(raw[14]),
      consent: raw[15],
      tags: raw[16],
      attributes: raw[17],
    }));
  }
}

/** The words of a row that its columns name by number. */
export function termsOf(row: MemberRow): readonly Term[] {
  const terms: Term[] = [];
  if (row.timeZone !== null) terms.push({ kind: TERM_KIND.timeZone, term: row.timeZone });
  if (row.locale !== null) terms.push({ kind: TERM_KIND.locale, term: row.locale });
  return terms;
}

const profileOf = (ordinal: number, row: MemberRow, contactsChangedAt: number): readonly Bound[] => [
  ordinal,
  row.memberId,
  row.name,
  row.email,
  row.phone,
  row.pushToken,
  row.pushPlatform,
  contactsChangedAt,
  row.consent,
  row.tags,
  row.attributes,
];

const coreOf = (
  ordinal: number,
  row: MemberRow,
  { numbers, changedAt }: { readonly numbers: TermNumbers; readonly changedAt: number | null },
): readonly Bound[] => [
  ordinal,
  row.level,
  row.points,
  row.activeDays,
  row.lastActiveAt,
  numbers.idOf(TERM_KIND.timeZone, row.timeZone),
  numbers.idOf(TERM_KIND.locale, row.locale),
  row.flags,
  changedAt,
];

/** An upper bound, to keep statements short. */
const profileBytes = (row: readonly Bound[]): number =>
  row.reduce<number>(
    (size, value) => size + (typeof value === 'string' ? value.length * MAX_BYTES_PER_CHARACTER : 0),
    ROW_BYTES,
  );
