import type { Dispatcher } from 'undici';
import type { ExchangeOutcome } from './http-transport.js';

/**
 * One request, followed closely enough to know how far it came. `onRequestStart` is the last moment before the first
 * byte is written: a failure before it is definite, everything after it is the vendor's word or its silence.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<ExchangeOutcome>;
  private readonly resolve: (outcome: ExchangeOutcome) => void;
  private readonly mayWrite: () => boolean;
  private readonly maxResponseBytes: number;
  private readonly answerWithinMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isWritten = false;
  private controller: Dispatcher.DispatchController | undefined;
  private statusCode: number | undefined;
  private headers: Readonly<Record<string, string | string[] | undefined>> = {};
  private readonly bodyParts: Buffer[] = [];
  private bodyBytes = 0;

  constructor(options: {
    readonly mayWrite: () => boolean;
    readonly maxResponseBytes: number;
    /** From the first byte written to the last one read: an answer that drips would else never be over. */
    readonly answerWithinMs: number;
  }) {
    this.mayWrite = options.mayWrite;
    this.maxResponseBytes = options.maxResponseBytes;
    this.answerWithinMs = options.answerWithinMs;
    const { promise, resolve } = withResolver<ExchangeOutcome>();
    this.outcome = promise;
    this.resolve = (outcome) => {
      clearTimeout(this.timer);
      resolve(outcome);
    };
  }

  /** Gives up: at once not written, or lost when a socket has seen it. */
  cancel(): void {
    this.resolve(this.isWritten ? { kind: 'lost', errorCode: 'ABORTED' } : { kind: 'notWritten' });
    this.controller?.abort(new Error('The sender gave up.'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isWritten) {
      controller.abort(new Error('A request is never written twice.'));
      return;
    }
    if (!this.mayWrite()) {
      this.resolve({ kind: 'notWritten' });
      controller.abort(new Error('Too late to write.'));
      return;
    }
    this.isWritten = true;
    this.controller = controller;
    this.timer = setTimeout(() => {
      controller.abort(Object.assign(new Error('The answer takes too long.'), { code: 'ANSWER_TIMEOUT' }));
    }, this.answerWithinMs);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (statusCode < 200) return;
    this.statusCode = statusCode;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Buffer): void {
    this.bodyBytes += part.length;
    if (this.bodyBytes > this.maxResponseBytes) {
      controller.abort(new Error('The answer is too large.'));
      return;
    }
    this.bodyParts.push(part);
  }

  onResponseEnd(): void {
    this.answer(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const errorCode = codeOf(error);
    if (!this.isWritten) {
      this.resolve({ kind: 'unreachable', errorCode });
    } else if (this.statusCode === undefined) {
      this.resolve({ kind: 'lost', errorCode });
    } else {
      this.answer(false);
    }
  }

  private answer(isComplete: boolean): void {
    if (this.statusCode === undefined) {
      this.resolve({ kind: 'lost', errorCode: 'NO_STATUS' });
      return;
    }
    this.resolve({
      kind: 'answered',
      statusCode: this.statusCode,
      retryAfter: single(this.headers['retry-after']),
      date: single(this.headers['date']),
      body: Buffer.concat(this.bodyParts).toString('utf8'),
      isComplete,
    });
  }
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** The code of an error or of what caused it; its name where there is none. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

function withResolver<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
