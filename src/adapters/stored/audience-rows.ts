import type { Audience, AudienceDefinition } from '../../campaign/audience.js';
import { audienceId as toAudienceId } from '../../core/ids.js';
import { corrupt, instantOrNull, parseObject } from './stored-values.js';

export interface AudienceRow {
  readonly audience_id: number;
  readonly definition: string;
  readonly freeze_cursor: number;
  readonly member_count: number;
  readonly bucket_count: number;
  readonly frozen_at: number | null;
}

const DEFINITION_KINDS: readonly AudienceDefinition['kind'][] = ['everybody', 'filter', 'list', 'cells'];

export function toAudience(row: AudienceRow): Audience {
  return {
    audienceId: toAudienceId(row.audience_id),
    definition: toDefinition(row),
    freezeCursor: row.freeze_cursor,
    memberCount: row.member_count,
    bucketCount: row.bucket_count,
    frozenAt: instantOrNull(row.frozen_at),
  };
}

function toDefinition(row: AudienceRow): AudienceDefinition {
  const what = `The definition of audience ${row.audience_id}`;
  const definition = parseObject(row.definition, what);
  if (!DEFINITION_KINDS.some((kind) => kind === definition['kind'])) throw corrupt(what, 'is of no known kind');
  return definition as unknown as AudienceDefinition; // written by insert above as one of these kinds
}
