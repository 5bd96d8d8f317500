/**
 * The catalogue of everything a caller can be told: code, HTTP status, whether the same call can succeed later.
 * Codes are public and never reused. docs/ERRORS.md lists the same codes; a test compares both ways.
 */
export const ERRORS = {
  INVALID_INPUT: { status: 400, retryable: false },
  INVALID_FILTER: { status: 400, retryable: false },
  INVALID_TEMPLATE: { status: 400, retryable: false },
  INVALID_CONFIG: { status: 400, retryable: false },
  INVALID_CURSOR: { status: 400, retryable: false },
  EVENT_MISFIT: { status: 400, retryable: false },
  KEY_IN_QUERY: { status: 400, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  MEMBER_TOKEN_REFUSED: { status: 401, retryable: false },
  MEMBER_API_OFF: { status: 403, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  CROSS_SITE_REQUEST: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  ROUTE_NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  PROMOTION_CONFLICT: { status: 409, retryable: false },
  PROMOTION_ENDED: { status: 409, retryable: false },
  VERSION_CONFLICT: { status: 409, retryable: true },
  COUPON_STATE: { status: 409, retryable: false },
  ISSUE_RUN_STATE: { status: 409, retryable: false },
  STOCK_BELOW_GRANTED: { status: 409, retryable: false },
  LOCK_REFUSED: { status: 409, retryable: false },
  ORDER_STATE: { status: 409, retryable: false },
  GRANT_STATE: { status: 409, retryable: false },
  CAMPAIGN_STATE: { status: 409, retryable: false },
  DRY_RUN_STALE: { status: 409, retryable: false },
  CONFIRMATION_MISMATCH: { status: 409, retryable: false },
  CHANNEL_NOT_READY: { status: 409, retryable: false },
  DELIVERY_MODE_REFUSED: { status: 409, retryable: false },
  CELLS_FORGOTTEN: { status: 410, retryable: false },
  REQUEST_IN_PROGRESS: { status: 409, retryable: true },
  JOB_RUNNING: { status: 409, retryable: true },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  BODY_TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  HOST_NOT_ALLOWED: { status: 421, retryable: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, retryable: false },
  TOO_MANY_REQUESTS: { status: 429, retryable: true },
  HEADERS_TOO_LARGE: { status: 431, retryable: false },
  INTERNAL: { status: 500, retryable: true },
  STORE_UNAVAILABLE: { status: 503, retryable: true },
  STORE_FULL: { status: 503, retryable: true },
  TOKEN_KEYS_UNAVAILABLE: { status: 503, retryable: true },
  QUEUE_UNAVAILABLE: { status: 503, retryable: true },
  QUEUE_REFUSED: { status: 500, retryable: false },
  SHUTTING_DOWN: { status: 503, retryable: true },
  API_KEYS_REQUIRED: { status: 500, retryable: false },
  PORT_IN_USE: { status: 500, retryable: false },
  DATA_FOLDER_LOCKED: { status: 500, retryable: false },
  DATA_FOLDER_UNUSABLE: { status: 500, retryable: false },
  DATA_FOLDER_MOVED: { status: 500, retryable: false },
  DATABASE_NOT_EMPTY: { status: 500, retryable: false },
  MOVE_UNFINISHED: { status: 500, retryable: false },
  BOOKS_DIFFER: { status: 500, retryable: false },
  STORE_TOO_NEW: { status: 500, retryable: false },
  STORE_CORRUPT: { status: 500, retryable: false },
} as const satisfies Record<string, { readonly status: number; readonly retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorValues = Readonly<Record<string, unknown>>;

/**
 * Wrong input or a refused request, said to a caller: what happened, with the values, and what to do next.
 * The message holds no contact point, token or secret.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  readonly values: ErrorValues;

  constructor(code: ErrorCode, message: string, values: ErrorValues = {}, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.values = values;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get isRetryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

export const isDomainError = (error: unknown, code?: ErrorCode): error is DomainError =>
  error instanceof DomainError && (code === undefined || error.code === code);
