import type { Chunk } from '../../../core/ports/provider.js';
import { parseMessage } from '../../../message/message.js';
import { parseColumns } from '../../../message/recipient-columns.js';
import type { Columns } from '../../../message/renderer.js';
import type { ReferenceCodec } from '../../../push/reference.js';
import { RecentCache } from '../recent-cache.js';
import type { BoundRequest, CompiledRequest, RequestTemplate } from './request-template.js';
import { REFERENCE_FIELD } from './vendor-fields.js';

/** Messages whose compiled requests are kept. */
const MAX_COMPILED = 32;

/** A chunk over the request it goes into. */
export interface BoundChunk {
  readonly columns: Columns;
  /** One per member; none where the vendor is not told any. */
  readonly references: readonly string[];
  readonly request: BoundRequest;
}

/** Puts chunks into the requests of one vendor. */
export class RequestRenderer {
  private readonly template: RequestTemplate;
  private readonly references: ReferenceCodec;
  private readonly compiled = new RecentCache<number, CompiledRequest>(MAX_COMPILED);

  constructor(template: RequestTemplate, references: ReferenceCodec) {
    this.template = template;
    this.references = references;
  }

  bind(chunk: Chunk): BoundChunk {
    const references = this.template.namesReference
      ? this.references.write({ ...chunk, campaignId: chunk.referenceCampaignId })
      : [];
    const columns = { ...parseColumns(chunk.recipients, chunk.ordinals.length), [REFERENCE_FIELD]: references };
    return { columns, references, request: this.compile(chunk).over(columns) };
  }

  private compile(chunk: Chunk): CompiledRequest {
    return this.compiled.get(chunk.messageVersionId, () =>
      this.template.compile({
        message: parseMessage(chunk.message ?? { body: '' }, Object.keys(chunk.commonFields)),
        commonFields: chunk.commonFields,
      }),
    );
  }
}
