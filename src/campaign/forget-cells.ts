/**
 * Who had which outcome is kept for 400 days after a campaign's end; then its counts alone are left. The campaign is
 * marked first, so nobody reads a part of what is going; the rows leave in slices.
 */
import { DomainError } from '../core/errors.js';
import { formatInstant, addMs, DAY_MS } from '../core/time.js';
import type { CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import { isEnded, type Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

export const CELLS_RETENTION_MS = 400 * DAY_MS;

const CAMPAIGNS_PER_PAGE = 100;
/** A row is a bucket of cells: 1 MB a transaction at most. */
const ROWS_PER_TRANSACTION = 1_000;

export interface ForgetCellsTx {
  readonly campaigns: Pick<CampaignRepository, 'page' | 'update'>;
  readonly ledger: Pick<LedgerRepository, 'forget'>;
}

/** Forgets the cells of all campaigns that ended long ago. Once a day is enough; can be stopped and begun again. */
export async function forgetOldCells(
  deps: { readonly store: Store<ForgetCellsTx>; readonly clock: Pick<Clock, 'now'> },
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const endedBefore = addMs(deps.clock.now(), -CELLS_RETENTION_MS);
  let before: CampaignId | undefined;
  for (;;) {
    const page = await deps.store.read((tx) => tx.campaigns.page({ limit: CAMPAIGNS_PER_PAGE, before }));
    for (const campaign of page) {
      if (signal?.aborted === true) return;
      const { state, endedAt } = campaign;
      if (isEnded(state) && endedAt !== null && endedAt < endedBefore) await forgetCells(deps, campaign, signal);
    }
    before = page.at(-1)?.campaignId;
    if (page.length < CAMPAIGNS_PER_PAGE) return;
  }
}

async function forgetCells(
  { store, clock }: { readonly store: Store<ForgetCellsTx>; readonly clock: Pick<Clock, 'now'> },
  { campaignId, cellsForgottenAt }: Campaign,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (cellsForgottenAt === null) {
    await store.transaction((tx) => tx.campaigns.update(campaignId, { cellsForgottenAt: clock.now() }));
  }
  const forgetSome = (tx: ForgetCellsTx): Promise<boolean> => tx.ledger.forget(campaignId, ROWS_PER_TRANSACTION);
  while (signal?.aborted !== true && !(await store.transaction(forgetSome, { isBulk: true })));
}

/** @throws DomainError `CELLS_FORGOTTEN` where who had which outcome is no longer known. */
export function requireCells({ campaignId, cellsForgottenAt }: Campaign): void {
  if (cellsForgottenAt === null) return;
  throw new DomainError(
    'CELLS_FORGOTTEN',
    `Campaign ${campaignId} ended more than 400 days ago: since ${formatInstant(cellsForgottenAt)} its counts are kept, its members are not.`,
    { campaignId, forgottenAt: formatInstant(cellsForgottenAt) },
  );
}
