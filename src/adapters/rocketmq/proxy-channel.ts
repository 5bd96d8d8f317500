import grpc from '@grpc/grpc-js';
import type { Clock } from '../../core/ports/clock.js';
import type { CallError } from './call-error.js';
import { statusError, transportError } from './call-error.js';
import {
  methodOf,
  type ReceiveAnswer,
  type ReceiveRequest,
  type TelemetryCommand,
  type UnaryCalls,
  type WireMessage,
} from './protocol.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';

const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  // 32 messages of 1 MiB each, and some room.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': 16 * 1024 * 1024,
  // The library's own back-off reaches two minutes: a proxy that is back is to be found within a second.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.use_local_subchannel_pool': 1,
};
/** What a long poll may take beyond its own time. */
const POLL_SLACK_MS = 4_000;

/** Who is calling: groups share a connection, and each is a client of its own to the server. */
export interface Caller {
  readonly clientId: string;
  readonly metadata: grpc.Metadata;
}

export interface Poll {
  /** Messages, none when the poll ended without any. Rejects with a CallError. */
  readonly messages: Promise<readonly WireMessage[]>;
  cancel(): void;
}

export type TelemetryStream = grpc.ClientDuplexStream<TelemetryCommand, TelemetryCommand>;

/** The connection to one proxy. Errors of streams are always heard; calls have deadlines. */
export class ProxyChannel {
  private readonly client: grpc.Client;

  constructor(
    readonly address: string,
    private readonly dependencies: { readonly clock: Clock; readonly onEvent: OnRocketmqEvent },
  ) {
    this.client = new grpc.Client(address, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
  }

  /** The answer whatever its status says. @throws CallError where there is none within `timeoutMs`. */
  async call<Name extends keyof UnaryCalls>(
    name: Name,
    request: UnaryCalls[Name][0],
    { caller, timeoutMs }: { readonly caller: Caller; readonly timeoutMs: number },
  ): Promise<UnaryCalls[Name][1]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    const startedMs = this.dependencies.clock.monotonicMs();
    return new Promise((resolve, reject) => {
      const deadline = this.dependencies.clock.now() + timeoutMs;
      const answer = (error: grpc.ServiceError | null, response?: object): void => {
        if (error !== null) {
          const failure = transportError(error);
          this.report(name, startedMs, failure.code);
          reject(failure);
          return;
        }
        const known = response as UnaryCalls[Name][1]; // the codec of this very call made it
        this.report(name, startedMs, known.status.code);
        resolve(known);
      };
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        caller.metadata,
        { deadline },
        answer,
      );
    });
  }

  /** One long poll of `pollMs`. */
  receive(request: ReceiveRequest, { caller, pollMs }: { readonly caller: Caller; readonly pollMs: number }): Poll {
    const { path, requestSerialize, responseDeserialize } = methodOf('ReceiveMessage');
    const deadline = this.dependencies.clock.now() + pollMs + POLL_SLACK_MS;
    const stream = this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      caller.metadata,
      { deadline },
    );
    const startedMs = this.dependencies.clock.monotonicMs();
    const messages = new Promise<readonly WireMessage[]>((resolve, reject) => {
      const received: WireMessage[] = [];
      let failure: CallError | undefined;
      stream.on('data', ({ status, message }: ReceiveAnswer) => {
        if (message !== undefined) received.push(message);
        if (status !== undefined && status.code !== 'OK' && status.code !== 'MESSAGE_NOT_FOUND')
          failure = statusError(status);
      });
      // Messages that came before the stream broke are leased to us: they count.
      const settle = (error?: CallError): void => {
        this.report('ReceiveMessage', startedMs, error === undefined ? 'OK' : error.code);
        if (error === undefined || received.length > 0) resolve(received);
        else reject(error);
      };
      stream.on('error', (error: grpc.ServiceError) => settle(transportError(error)));
      stream.on('end', () => settle(failure));
    });
    return { messages, cancel: () => stream.cancel() };
  }

  /** A stream that tells the server who is there. Whoever opens it hears its errors. */
  openTelemetry(caller: Caller): TelemetryStream {
    const { path, requestSerialize, responseDeserialize } = methodOf('Telemetry');
    // The codecs of this very call make these types.
    return this.client.makeBidiStreamRequest(
      path,
      requestSerialize as (command: TelemetryCommand) => Buffer,
      responseDeserialize as (bytes: Buffer) => TelemetryCommand,
      caller.metadata,
      {},
    );
  }

  close(): void {
    this.client.close();
  }

  private report(method: string, startedMs: number, outcome: string): void {
    const durationMs = this.dependencies.clock.monotonicMs() - startedMs;
    this.dependencies.onEvent({ kind: 'call', method, durationMs, outcome });
  }
}
