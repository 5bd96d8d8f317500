/** A request as it goes out. */
export interface VendorRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** How far a request came. */
export type ExchangeOutcome =
  | { readonly kind: 'notWritten' }
  | { readonly kind: 'unreachable'; readonly errorCode: string }
  | { readonly kind: 'lost'; readonly errorCode: string }
  | VendorResponse;

export interface VendorResponse {
  readonly kind: 'answered';
  readonly statusCode: number;
  readonly retryAfter: string | undefined;
  readonly date: string | undefined;
  readonly body: string;
  /** False when the answer broke off or was too large. */
  readonly isComplete: boolean;
}

export interface SendRequestOptions {
  /** Asked just before the first byte is written. */
  readonly mayWrite: () => boolean;
  /** Ends the wait: `notWritten` or `lost`, as far as the request came. */
  readonly signal: AbortSignal;
}

/** The wire under the HTTP provider: undici, or a sink for practice and benches. Never rejects. */
export interface HttpTransport {
  send(request: VendorRequest, options: SendRequestOptions): Promise<ExchangeOutcome>;
  /** Ends connections after requests under way. May be called twice. */
  close(): Promise<void>;
}
