import type { AnswerDetail, AnswerKind, ChunkAnswer } from '../../core/ports/provider.js';

/** Longest vendor text that is kept. */
const MAX_TEXT_LENGTH = 200;

export interface Throttle {
  readonly retryAfterMs?: number | undefined;
  readonly isAccountThrottle?: boolean | undefined;
}

/** Collects the answers of a chunk's members; those never answered for count as `notSent`. */
export class AnswerSheet {
  private readonly kinds: AnswerKind[];
  private readonly details = new Map<number, AnswerDetail>();
  private retryAfterMs: number | undefined;
  private isAccountThrottle = false;

  constructor(memberCount: number) {
    this.kinds = new Array<AnswerKind>(memberCount).fill('notSent');
  }

  /** Details of accepted members are dropped: the ledger keeps those of failed and unknown ones. */
  set(position: number, kind: AnswerKind, detail?: AnswerDetail): void {
    this.kinds[position] = kind;
    if (detail !== undefined && kind !== 'accepted') this.details.set(position, trimDetail(detail));
  }

  setAll(positions: Iterable<number>, kind: AnswerKind, detail?: AnswerDetail): void {
    const trimmed = detail === undefined ? undefined : trimDetail(detail);
    for (const position of positions) this.set(position, kind, trimmed);
  }

  /** Of several requests the longest wait counts. */
  throttle({ retryAfterMs, isAccountThrottle }: Throttle): void {
    if (retryAfterMs !== undefined) this.retryAfterMs = Math.max(this.retryAfterMs ?? 0, retryAfterMs);
    if (isAccountThrottle === true) this.isAccountThrottle = true;
  }

  toAnswer(): ChunkAnswer {
    const [first] = this.kinds;
    const isUniform = first !== undefined && this.kinds.every((kind) => kind === first);
    return {
      kinds: isUniform ? first : this.kinds,
      ...(this.details.size > 0 && { details: this.details }),
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.isAccountThrottle && { isAccountThrottle: true }),
    };
  }
}

function trimDetail(detail: AnswerDetail): AnswerDetail {
  const text = detail.text;
  return text !== undefined && text.length > MAX_TEXT_LENGTH
    ? { ...detail, text: text.slice(0, MAX_TEXT_LENGTH) }
    : detail;
}
