import { epochMs } from '../../core/time.js';
import type { AnnouncedLife } from '../../ledger/audit/audit-repository.js';
import { instantOrNull } from './stored-values.js';

export interface RawLife {
  readonly key: string;
  readonly created_at: number;
  readonly launched_at: number | null;
  readonly ended_at: number | null;
  readonly end_state: NonNullable<AnnouncedLife['endState']> | null;
}

export const toLife = ({ key, created_at, launched_at, ended_at, end_state }: RawLife): AnnouncedLife => ({
  key,
  createdAt: epochMs(created_at),
  launchedAt: instantOrNull(launched_at),
  endedAt: instantOrNull(ended_at),
  endState: end_state,
});
