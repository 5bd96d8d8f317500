/**
 * Who reads in a group, as one proxy knows it. States: closed → opening (settings sent) → open (settings answered) →
 * closed again by any error of the stream. Only an open session may receive: before that the proxy answers INTERNAL
 * ("settings is null"), and after an error of the stream it has forgotten us. Whoever needs it calls `ready` first.
 */
import type { Clock } from '../../core/ports/clock.js';
import { CallError, transportError } from './call-error.js';
import type { Caller, ProxyChannel, TelemetryStream } from './proxy-channel.js';
import type { Settings } from './protocol.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';

/** A consumer unheard of for two minutes is dropped by the broker. */
const HEARTBEAT_MS = 10_000;
const ANSWER_MS = 3_000;

interface SessionDeps {
  readonly clock: Clock;
  readonly onEvent: OnRocketmqEvent;
  readonly channel: ProxyChannel;
  readonly caller: Caller;
  readonly group: string;
  readonly settings: () => Settings;
}

export class GroupSession {
  private stream: TelemetryStream | undefined;
  private opening: Promise<void> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private wasOpen = false;

  constructor(private readonly dependencies: SessionDeps) {}

  /** Resolves once the proxy knows us. @throws CallError; safe to repeat, each call tries anew where it is not open. */
  async ready(): Promise<void> {
    if (this.stream !== undefined && this.opening === undefined) return;
    this.opening ??= this.open().finally(() => {
      this.opening = undefined;
    });
    await this.opening;
  }

  /** Tells the proxy what has changed in the settings; where it is not open that happens with the next opening. */
  update(): void {
    if (this.opening === undefined) this.stream?.write({ settings: this.dependencies.settings() });
  }

  /** Says good-bye where the proxy hears it, and leaves neither stream nor timer. */
  async close(): Promise<void> {
    const wasOpen = this.stream !== undefined && this.opening === undefined;
    this.drop();
    if (!wasOpen) return;
    const { channel, caller, group } = this.dependencies;
    await channel
      .call('NotifyClientTermination', { group: { name: group } }, { caller, timeoutMs: ANSWER_MS })
      .catch(() => {}); // a proxy that is away has forgotten us
  }

  private async open(): Promise<void> {
    const { channel, caller, group, settings, onEvent } = this.dependencies;
    const stream = channel.openTelemetry(caller);
    this.stream = stream;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: CallError): void => {
        clearTimeout(late);
        this.forget(stream);
        stream.cancel();
        reject(error);
      };
      const late = setTimeout(() => fail(new CallError('NO_ANSWER', 'no settings came back', false, true)), ANSWER_MS);
      // These listeners stay for the stream's life: an error that nobody hears would end the process.
      stream.on('error', (error) => fail(asCallError(error)));
      stream.on('end', () => fail(new CallError('ENDED', 'the proxy ended the session', false, true)));
      stream.on('data', ({ settings: answered }) => {
        if (answered === undefined) return;
        clearTimeout(late);
        resolve();
      });
      stream.write({ settings: settings() });
    });
    if (this.wasOpen) onEvent({ kind: 'reconnect', endpoint: channel.address, group });
    this.wasOpen = true;
    this.startHeartbeat();
  }

  private startHeartbeat(): void {
    const { channel, caller, group } = this.dependencies;
    clearInterval(this.heartbeat);
    this.heartbeat = setInterval(() => {
      const request = { group: { name: group }, clientType: 'SIMPLE_CONSUMER' } as const;
      // A missed heartbeat shows in the stream and in the calls; there is nothing to do here.
      channel.call('Heartbeat', request, { caller, timeoutMs: ANSWER_MS }).catch(() => {});
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  private forget(stream: TelemetryStream): void {
    if (this.stream !== stream) return;
    this.stream = undefined;
    clearInterval(this.heartbeat);
  }

  private drop(): void {
    const { stream } = this;
    if (stream === undefined) return;
    this.forget(stream);
    stream.end();
    stream.cancel();
  }
}

function asCallError(error: Error): CallError {
  if ('code' in error && 'details' in error) return transportError(error as Parameters<typeof transportError>[0]); // has what gRPC's errors have
  return new CallError('STREAM', error.message, false, true, { cause: error });
}
