/**
 * Imports of grants since the start, as people watch them. What is kept of one is counts; the rows it refused are in a file
 * that goes with the next erasure.
 */
import { DomainError, isDomainError, type ErrorCode } from '../../core/errors.js';
import type { CouponId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import type { EpochMs } from '../../core/time.js';
import type { RejectFiles } from '../../membership/import/import-jobs.js';
import { rejectsCsv, REJECTS_HEADER } from '../../membership/import/rejects-file.js';
import type { CouponTx } from '../coupon-repository.js';
import { getCoupon } from '../get-coupon.js';
import { importGrants, type GrantImportCounts } from './import-grants.js';

export interface GrantImport extends GrantImportCounts {
  readonly importId: number;
  readonly couponId: CouponId;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedBy: string;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs | undefined;
  /** Why it failed; what was given before stays. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined;
}

/** Ended imports that can still be asked for. */
const MAX_KEPT = 50;

export class GrantImports<Tx extends CouponTx> {
  private readonly imports = new Map<number, GrantImport>();

  constructor(
    private readonly deps: { readonly store: Store<Tx>; readonly clock: Clock; readonly rejects: RejectFiles },
  ) {}

  /**
   * Imports a file while it arrives; resolves when it has ended, well or not.
   * @throws DomainError `NOT_FOUND` for the coupon.
   */
  async run(command: {
    readonly couponId: CouponId;
    readonly input: AsyncIterable<Uint8Array>;
    readonly startedBy: string;
    readonly signal: AbortSignal;
  }): Promise<GrantImport> {
    const { store, clock } = this.deps;
    const { couponId, startedBy } = command;
    const importId = await store.transaction(async (tx) => {
      await getCoupon(tx, couponId);
      return tx.ids.take('job', 1); // numbered with the imports of members: their refused rows lie in one folder
    });
    this.enter({
      importId,
      couponId,
      state: 'running',
      startedBy,
      startedAt: clock.now(),
      endedAt: undefined,
      error: undefined,
      ...{ granted: 0, unchanged: 0, rejected: 0 },
    });
    try {
      await this.importFile(importId, command);
      return this.change(importId, { state: 'done', endedAt: clock.now() });
    } catch (error) {
      return this.change(importId, { state: 'failed', error: toldError(error), endedAt: clock.now() });
    }
  }

  /** Of one coupon, newest first. */
  list(couponId: CouponId): readonly GrantImport[] {
    return [...this.imports.values()].filter((each) => each.couponId === couponId).reverse();
  }

  /** @throws DomainError `NOT_FOUND`. */
  get(couponId: CouponId, importId: number): GrantImport {
    const found = this.imports.get(importId);
    if (found?.couponId === couponId) return found;
    const message = `Coupon ${couponId} has no import ${importId} since this server started; list them, on a cluster at the node that took the file.`;
    throw new DomainError('NOT_FOUND', message, { couponId, importId });
  }

  /** The rows that an import refused, as CSV. @throws DomainError `NOT_FOUND`. */
  async rejectsOf(couponId: CouponId, importId: number): Promise<AsyncIterable<Uint8Array>> {
    const file = await this.deps.rejects.read(this.get(couponId, importId).importId);
    if (file !== undefined) return file;
    const message = `The refused rows of import ${importId} are no longer kept; import the file again.`;
    throw new DomainError('NOT_FOUND', message, { couponId, importId });
  }

  private async importFile(
    importId: number,
    { couponId, input, startedBy, signal }: Parameters<GrantImports<Tx>['run']>[0],
  ): Promise<void> {
    const writer = await this.deps.rejects.open(importId);
    try {
      await writer.append(REJECTS_HEADER);
      await importGrants(this.deps, {
        couponId,
        input,
        actor: startedBy,
        signal,
        onRejects: (rejects) => writer.append(rejectsCsv(rejects)),
        onProgress: (counts) => this.change(importId, counts),
      });
    } finally {
      await writer.close();
    }
  }

  private enter(started: GrantImport): void {
    this.imports.set(started.importId, started);
    const ended = [...this.imports.values()].find(({ state }) => state !== 'running');
    if (this.imports.size > MAX_KEPT && ended !== undefined) this.imports.delete(ended.importId);
  }

  private change(importId: number, changes: Partial<GrantImport>): GrantImport {
    const known = this.imports.get(importId);
    if (known === undefined) throw new Error(`import ${importId} is known while it runs`);
    const changed = { ...known, ...changes };
    this.imports.set(importId, changed);
    return changed;
  }
}

function toldError(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (isDomainError(error)) return { code: error.code, message: error.message };
  const message = 'The import stopped before the end of the file; what was given stays. Send the same file again.';
  return { code: 'INTERNAL', message };
}
