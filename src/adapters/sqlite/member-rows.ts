import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { epochMs } from '../../core/time.js';
import type { PushPlatform } from '../../membership/member.js';
import type { MemberRow, StoredMember } from '../../membership/member-row.js';
import { hasSameCore, hasSameProfile, showsTheSame } from '../stored/member-halves.js';
import { areAllAbove } from '../stored/new-ids.js';
import { NO_TERM, TERM_KIND } from '../stored/term-kinds.js';
import type { MemberTerms } from './member-terms.js';

/** Rows bound in one statement by a bulk load: 20 costs 3 µs a member, one alone 5. */
const ROWS_AT_ONCE = 20;

/**
 * Ordinals bound in one look-up, as numbers: as JSON each number's text stays in the engine's cache of such texts until a
 * full collection.
 */
const LOOKED_UP_AT_ONCE = 50;
const ORDINALS_AT_ONCE = Array(LOOKED_UP_AT_ONCE).fill('?').join(', ');
/** No member's ordinal. */
const NOBODY = -1;

/** Order of `RawMember`. */
const MEMBER_COLUMNS = `c.ordinal, c.level, c.points, c.active_days, c.last_active_at, c.time_zone_id, c.locale_id, c.flags,
  p.member_id, p.name, p.email, p.phone, p.push_token, p.push_platform, p.contacts_changed_at, p.consent, p.tags, p.attributes`;

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

type Bindable = string | number | null;
const PROFILE_ROW = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';
const CORE_ROW = '(?, ?, ?, ?, ?, ?, ?, ?)';
const PROFILE_ROWS = Array.from({ length: ROWS_AT_ONCE }, () => PROFILE_ROW).join(', ');
const CORE_ROWS = Array.from({ length: ROWS_AT_ONCE }, () => CORE_ROW).join(', ');
const PROFILE_COLUMNS = `ordinal, member_id, name, email, phone, push_token, push_platform, contacts_changed_at,
  consent, tags, attributes`;
const CORE_COLUMNS = 'ordinal, level, points, active_days, last_active_at, time_zone_id, locale_id, flags';

/** The rows of members in member_core and member_profile, nothing else. */
export class MemberRows {
  private readonly insertProfile: Database.Statement<Bindable[]>;
  private readonly insertProfiles: Database.Statement<Bindable[]>;
  private readonly insertCore: Database.Statement<Bindable[]>;
  private readonly insertCores: Database.Statement<Bindable[]>;
  private readonly updateProfile: Database.Statement<[Bindable[]]>;
  private readonly updateCore: Database.Statement<[Bindable[]]>;
  private readonly deleteProfile: Database.Statement<[number]>;
  private readonly deleteCore: Database.Statement<[number]>;
  private readonly byOrdinals: Database.Statement<number[], RawMember>;
  private readonly byRange: Database.Statement<[number, number], RawMember>;
  private readonly ordinalById: Database.Statement<[string], number>;
  private readonly idByOrdinal: Database.Statement<[number], string>;
  private readonly highestId: Database.Statement<[], string>;
  private readonly changedAt: Database.Statement<[number], number | null>;

  constructor(
    private readonly database: Database.Database,
    private readonly terms: MemberTerms,
  ) {
    this.insertProfile = database.prepare<Bindable[]>(
      `INSERT INTO member_profile (${PROFILE_COLUMNS}) VALUES ${PROFILE_ROW}`,
    );
    this.insertProfiles = database.prepare<Bindable[]>(
      `INSERT INTO member_profile (${PROFILE_COLUMNS}) VALUES ${PROFILE_ROWS}`,
    );
    this.insertCore = database.prepare<Bindable[]>(`INSERT INTO member_core (${CORE_COLUMNS}) VALUES ${CORE_ROW}`);
    this.insertCores = database.prepare<Bindable[]>(`INSERT INTO member_core (${CORE_COLUMNS}) VALUES ${CORE_ROWS}`);
    this.updateProfile = database.prepare<[Bindable[]]>(
      `UPDATE member_profile SET name = ?, email = ?, phone = ?, push_token = ?, push_platform = ?, contacts_changed_at = ?,
       consent = ?, tags = ?, attributes = ? WHERE ordinal = ?`,
    );
    this.updateCore = database.prepare<[Bindable[]]>(
      `UPDATE member_core SET level = ?, points = ?, active_days = ?, last_active_at = ?, time_zone_id = ?, locale_id = ?,
       flags = ?, changed_at = coalesce(?, changed_at) WHERE ordinal = ?`,
    );
    this.deleteProfile = database.prepare('DELETE FROM member_profile WHERE ordinal = ?');
    this.deleteCore = database.prepare('DELETE FROM member_core WHERE ordinal = ?');
    this.byOrdinals = database
      .prepare<number[], RawMember>(
        `SELECT ${MEMBER_COLUMNS} FROM member_core AS c JOIN member_profile AS p ON p.ordinal = c.ordinal
         WHERE c.ordinal IN (${ORDINALS_AT_ONCE})`,
      )
      .raw();
    this.byRange = database
      .prepare<[number, number], RawMember>(
        `SELECT ${MEMBER_COLUMNS} FROM member_core AS c JOIN member_profile AS p ON p.ordinal = c.ordinal
         WHERE c.ordinal >= ? AND c.ordinal < ?`,
      )
      .raw();
    this.ordinalById = database
      .prepare<[string], number>('SELECT ordinal FROM member_profile WHERE member_id = ?')
      .pluck();
    this.idByOrdinal = database
      .prepare<[number], string>('SELECT member_id FROM member_profile WHERE ordinal = ?')
      .pluck();
    this.changedAt = database
      .prepare<[number], number | null>('SELECT changed_at FROM member_core WHERE ordinal = ?')
      .pluck();
    this.highestId = database
      .prepare<[], string>('SELECT member_id FROM member_profile ORDER BY member_id DESC LIMIT 1')
      .pluck();
  }

  insert(firstOrdinal: number, rows: readonly MemberRow[], contactsChangedAt: number): void {
    const wholeCount = rows.length - (rows.length % ROWS_AT_ONCE);
    for (let start = 0; start < wholeCount; start += ROWS_AT_ONCE) {
      const profiles: Bindable[] = [];
      const cores: Bindable[] = [];
      for (let index = start; index < start + ROWS_AT_ONCE; index++) {
        const row = rows[index];
        assert(row !== undefined, 'a batch is dense');
        pushProfile(profiles, firstOrdinal + index, row, contactsChangedAt);
        this.pushCore(cores, firstOrdinal + index, row);
      }
      this.insertProfiles.run(...profiles);
      this.insertCores.run(...cores);
    }
    rows.slice(wholeCount).forEach((row, index) => {
      const ordinal = firstOrdinal + wholeCount + index;
      const profile: Bindable[] = [];
      pushProfile(profile, ordinal, row, contactsChangedAt);
      this.insertProfile.run(...profile);
      const core: Bindable[] = [];
      this.pushCore(core, ordinal, row);
      this.insertCore.run(...core);
    });
  }

  /** Writes the halves that differ. */
  update(
    before: StoredMember,
    after: MemberRow,
    { contactsChangedAt, now }: { readonly contactsChangedAt: number; readonly now: number },
  ): void {
    if (!hasSameProfile(before, after) || before.contactsChangedAt !== contactsChangedAt) {
      this.updateProfile.run([
        after.name,
        after.email,
        after.phone,
        after.pushToken,
        after.pushPlatform,
        contactsChangedAt,
        after.consent,
        after.tags,
        after.attributes,
        before.ordinal,
      ]);
    }
    const isShownChanged = !showsTheSame(before, after);
    if (isShownChanged || !hasSameCore(before, after)) {
      const core: Bindable[] = [];
      this.pushCore(core, before.ordinal, after);
      this.updateCore.run([...core.slice(1), isShownChanged ? now : null, before.ordinal]);
    }
  }

  remove(ordinal: number): void {
    this.deleteProfile.run(ordinal);
    this.deleteCore.run(ordinal);
  }

  findByOrdinals(ordinals: ArrayLike<number>): (StoredMember | undefined)[] {
    if (ordinals.length === 0) return [];
    const byOrdinal = new Map<number, StoredMember>();
    for (let start = 0; start < ordinals.length; start += LOOKED_UP_AT_ONCE) {
      const wanted = Array.from({ length: LOOKED_UP_AT_ONCE }, (_, index) => ordinals[start + index] ?? NOBODY);
      for (const raw of this.byOrdinals.all(...wanted)) byOrdinal.set(raw[0], this.toStored(raw));
    }
    return Array.from(ordinals, (ordinal) => byOrdinal.get(ordinal));
  }

  inRange(from: number, until: number): StoredMember[] {
    return this.byRange.all(from, until).map((raw) => this.toStored(raw));
  }

  /** In the order asked; undefined where nobody has the id. */
  findOrdinals(memberIds: readonly string[]): (number | undefined)[] {
    return memberIds.length === 1 ? this.findEach(memberIds) : this.inOneRead(() => this.findMany(memberIds));
  }

  private findMany(memberIds: readonly string[]): (number | undefined)[] {
    const areNew = areAllAbove(this.highestId.get(), memberIds);
    return areNew ? memberIds.map(() => undefined) : this.findEach(memberIds);
  }

  private findEach(memberIds: readonly string[]): (number | undefined)[] {
    return memberIds.map((id) => this.ordinalById.get(id));
  }

  /** A connection that only reads takes its lock on the file once, not for each statement. */
  private inOneRead<Result>(read: () => Result): Result {
    return this.database.inTransaction ? read() : this.database.transaction(read)();
  }

  memberIdOf(ordinal: number): string | undefined {
    return this.idByOrdinal.get(ordinal);
  }

  /** Undefined where nobody is; null while nothing changed that a message shows. */
  changedAtOf(ordinal: number): number | null | undefined {
    return this.changedAt.get(ordinal);
  }

  private pushCore(into: Bindable[], ordinal: number, row: MemberRow): void {
    into.push(
      ordinal,
      row.level,
      row.points,
      row.activeDays,
      row.lastActiveAt,
      row.timeZone === null ? NO_TERM : this.terms.idOf(TERM_KIND.timeZone, row.timeZone),
      row.locale === null ? NO_TERM : this.terms.idOf(TERM_KIND.locale, row.locale),
      row.flags,
    );
  }

  private toStored(raw: RawMember): StoredMember {
    const [ordinal, level, points, activeDays, lastActiveAt, timeZoneId, localeId, flags, memberId, name, email] = raw;
    return {
      ordinal,
      level,
      points,
      activeDays,
      lastActiveAt: lastActiveAt === null ? null : epochMs(lastActiveAt),
      timeZone: this.terms.termOf(timeZoneId),
      locale: this.terms.termOf(localeId),
      flags,
      memberId,
      name,
      email,
      phone: raw[11],
      pushToken: raw[12],
      pushPlatform: raw[13] as PushPlatform | null, // written from that type only
      contactsChangedAt: epochMs(raw[14]),
      consent: raw[15],
      tags: raw[16],
      attributes: raw[17],
    };
  }
}

/** Numbers as the JSON text that `json_each` reads. */
export const ordinalsJson = (ordinals: ArrayLike<number>): string => `[${Array.prototype.join.call(ordinals, ',')}]`;

function pushProfile(into: Bindable[], ordinal: number, row: MemberRow, contactsChangedAt: number): void {
  into.push(
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
  );
}
