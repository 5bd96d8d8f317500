import { memberId as toMemberId } from '../../core/ids.js';
import { isRecord, readMemberId } from '../read-member.js';
import { StatementBuilder, type ReadOptions } from '../read-statement.js';
import type { MemberStatement } from '../statement.js';
import { targetsOfMap } from './column-plan.js';
import { fieldTarget, type FieldTarget } from './field-target.js';
import type { Reject } from './import-settings.js';
import { rejectOf, RowValues } from './row-values.js';

/** Keys that nobody recognised are remembered up to this many, for the result. */
const MAX_IGNORED = 100;

/** From a line of NDJSON to what it states, or why it is not taken. */
export class NdjsonMapper {
  readonly ignored = new Set<string>();
  private readonly mapped: ReadonlyMap<string, FieldTarget | undefined>;
  private readonly targets = new Map<string, FieldTarget | undefined>();

  constructor(
    map: Readonly<Record<string, string>>,
    private readonly options: ReadOptions,
  ) {
    this.mapped = targetsOfMap(map, undefined);
  }

  read(text: string, line: number): MemberStatement | Reject {
    const reject = (reason: string): Reject => ({ line, column: '', reason, memberId: null });
    let input: unknown;
    try {
      input = JSON.parse(text);
    } catch {
      return reject('is not JSON');
    }
    if (!isRecord(input)) return reject('is not a JSON object');
    let current = 'memberId';
    let id: string | null = null;
    try {
      const entries = Object.entries(input).map(([key, value]) => ({ key, value, target: this.targetOf(key) }));
      const idEntry = entries.find(({ target }) => target?.kind === 'memberId');
      current = idEntry?.key ?? 'memberId';
      id = readMemberId(idEntry?.value ?? '');
      const values = new RowValues(new StatementBuilder(toMemberId(id), this.options));
      for (const { key, value, target } of entries) {
        current = key;
        if (target !== undefined) values.add(target, value);
      }
      current = '';
      return values.finish();
    } catch (error) {
      return rejectOf(error, { line, memberId: id, columnOf: (field) => (current === '' ? field : current) });
    }
  }

  private targetOf(key: string): FieldTarget | undefined {
    if (this.targets.has(key)) return this.targets.get(key);
    const target = this.mapped.has(key) ? this.mapped.get(key) : fieldTarget(key);
    if (target === undefined && this.ignored.size < MAX_IGNORED) this.ignored.add(key);
    if (this.targets.size < MAX_KNOWN_KEYS) this.targets.set(key, target);
    return target;
  }
}

/** A file with ever new keys must not fill the memory. */
const MAX_KNOWN_KEYS = 1_000;
