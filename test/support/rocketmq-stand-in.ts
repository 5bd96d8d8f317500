import grpc from '@grpc/grpc-js';
import {
  endpointsOf,
  msOf,
  protocolMethods,
  type ReceiveAnswer,
  type ReceiveRequest,
  type Status,
  type TelemetryCommand,
  type UnaryCalls,
  type WireMessage,
} from '../../src/adapters/rocketmq/protocol.js';

/** What the stand-in does wrong; changed while it runs. */
export interface StandInFaults {
  /** Sends whose messages are kept and whose answer never comes. */
  lostReplies: number;
  /** Sends that are answered with OK and whose messages are gone, as after a topic was deleted. */
  lostSends: number;
  /** Times that each message is delivered beside the first, acknowledged or not. */
  redeliveries: number;
  /** Before a message may be received. */
  delayMs: number;
  /** Answered to sends in place of OK; nothing is kept then. */
  sendStatus: string | undefined;
}

interface Stored {
  readonly message: WireMessage;
  readonly fromMs: number;
  leasedUntilMs: number;
  deliveries: number;
  isAcked: boolean;
}

const OK: Status = { code: 'OK', message: 'OK' };

/**
 * A server that speaks RocketMQ's gRPC protocol over memory, for faults that no real one shows on demand. It keeps a
 * log of what it took. It keeps no order and knows every group.
 */
export class RocketmqStandIn {
  readonly faults: StandInFaults = { lostReplies: 0, lostSends: 0, redeliveries: 0, delayMs: 0, sendStatus: undefined };
  /** Ids of every send that was taken, in the order of coming, repeats included. */
  readonly taken: string[] = [];
  /** Times that each client told its settings. */
  readonly settings: string[] = [];
  private readonly topics = new Map<string, Stored[]>();
  private readonly known = new Set<string>();
  private readonly streams = new Set<grpc.ServerDuplexStream<TelemetryCommand, TelemetryCommand>>();
  private handles = 0;

  private constructor(
    private readonly server: grpc.Server,
    readonly endpoint: string,
  ) {}

  /** @param port that of one that was stopped, to come back at the same place. */
  static async start(port = 0): Promise<RocketmqStandIn> {
    const server = new grpc.Server();
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, given) => {
        if (error === null) resolve(given);
        else reject(error);
      });
    });
    const standIn = new RocketmqStandIn(server, `127.0.0.1:${bound}`);
    server.addService(protocolMethods(), standIn.handlers());
    return standIn;
  }

  get port(): number {
    return Number(this.endpoint.split(':')[1]);
  }

  /** Ends every session, as a proxy that restarts does: whoever receives has to tell its settings again. */
  breakSessions(): void {
    this.known.clear();
    for (const stream of this.streams) stream.emit('error', { code: grpc.status.UNAVAILABLE, details: 'broken' });
    this.streams.clear();
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private handlers(): grpc.UntypedServiceImplementation {
    const unary =
      <Name extends keyof UnaryCalls>(answer: (request: UnaryCalls[Name][0]) => UnaryCalls[Name][1] | undefined) =>
      (call: grpc.ServerUnaryCall<UnaryCalls[Name][0], object>, reply: grpc.sendUnaryData<object>): void => {
        const given = answer(call.request);
        if (given !== undefined) reply(null, given); // undefined: the caller waits until its deadline
      };
    const handlers: grpc.UntypedServiceImplementation = {
      QueryRoute: unary<'QueryRoute'>(({ topic }) => ({ status: OK, messageQueues: [this.queueOf(topic.name)] })),
      Heartbeat: unary<'Heartbeat'>(() => ({ status: OK })),
      NotifyClientTermination: unary<'NotifyClientTermination'>(() => ({ status: OK })),
      ForwardMessageToDeadLetterQueue: unary<'ForwardMessageToDeadLetterQueue'>(() => ({ status: OK })),
      SendMessage: unary<'SendMessage'>(({ messages }) => this.take(messages)),
      AckMessage: unary<'AckMessage'>((request) => this.ack(request)),
      ChangeInvisibleDuration: unary<'ChangeInvisibleDuration'>((request) => this.change(request)),
      ReceiveMessage: (call: grpc.ServerWritableStream<ReceiveRequest, ReceiveAnswer>) => void this.deliver(call),
      Telemetry: (call: grpc.ServerDuplexStream<TelemetryCommand, TelemetryCommand>) => this.meet(call),
    };
    const missing = (_call: unknown, reply: ((error: object) => void) | undefined): void => {
      reply?.({ code: grpc.status.UNIMPLEMENTED, details: 'not of this stand-in' });
    };
    const names = Object.keys(protocolMethods());
    return Object.fromEntries(names.map((name) => [name, handlers[name] ?? missing]));
  }

  private queueOf(topic: string) {
    return {
      topic: { name: topic },
      permission: 'READ_WRITE',
      broker: { name: 'stand-in', endpoints: endpointsOf(this.endpoint) },
    };
  }

  private take(messages: readonly WireMessage[]): UnaryCalls['SendMessage'][1] | undefined {
    if (this.faults.sendStatus !== undefined)
      return { status: { code: this.faults.sendStatus, message: 'as it was told' } };
    const isLost = this.faults.lostSends-- > 0;
    for (const message of isLost ? [] : messages) {
      const stored = this.topics.get(message.topic.name) ?? [];
      const fromMs = performance.now() + this.faults.delayMs;
      stored.push({ message, fromMs, leasedUntilMs: 0, deliveries: 0, isAcked: false });
      this.topics.set(message.topic.name, stored);
      this.taken.push(message.systemProperties.messageId);
    }
    if (this.faults.lostReplies-- > 0) return undefined;
    const entries = messages.map(({ systemProperties }) => ({ status: OK, messageId: systemProperties.messageId }));
    return { status: OK, entries };
  }

  private meet(call: grpc.ServerDuplexStream<TelemetryCommand, TelemetryCommand>): void {
    const clientId = clientOf(call);
    this.streams.add(call);
    call.on('error', () => {});
    call.on('data', ({ settings }: TelemetryCommand) => {
      if (settings === undefined) return;
      this.known.add(clientId);
      this.settings.push(clientId);
      call.write({ status: OK, settings });
    });
    call.on('end', () => call.end());
  }

  private async deliver(call: grpc.ServerWritableStream<ReceiveRequest, ReceiveAnswer>): Promise<void> {
    const { messageQueue, batchSize, invisibleDuration, longPollingTimeout } = call.request;
    if (!this.known.has(clientOf(call))) {
      call.write({ status: { code: 'INTERNAL_SERVER_ERROR', message: '"settings" is null' } });
      call.end();
      return;
    }
    const stored = (): Stored[] => this.topics.get(messageQueue.topic?.name ?? '') ?? [];
    const endsMs = performance.now() + msOf(longPollingTimeout);
    let ready: Stored[] = [];
    while (ready.length === 0 && performance.now() < endsMs && !call.cancelled) {
      ready = stored()
        .filter((entry) => this.isReady(entry))
        .slice(0, batchSize);
      if (ready.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const entry of ready) {
      entry.deliveries++;
      entry.leasedUntilMs = performance.now() + msOf(invisibleDuration);
      const system = {
        ...entry.message.systemProperties,
        receiptHandle: `${entry.message.systemProperties.messageId}#${++this.handles}`,
        deliveryAttempt: entry.deliveries,
      };
      call.write({ message: { ...entry.message, systemProperties: system } });
    }
    call.write({ status: ready.length > 0 ? OK : { code: 'MESSAGE_NOT_FOUND', message: 'nothing new' } });
    call.end();
  }

  private isReady({ fromMs, leasedUntilMs, deliveries, isAcked }: Stored): boolean {
    const nowMs = performance.now();
    if (deliveries > 0 && deliveries <= this.faults.redeliveries) return true;
    return fromMs <= nowMs && leasedUntilMs <= nowMs && !isAcked;
  }

  private ack({ topic, entries }: UnaryCalls['AckMessage'][0]): UnaryCalls['AckMessage'][1] {
    for (const { messageId } of entries) {
      for (const entry of this.topics.get(topic.name) ?? []) {
        if (entry.message.systemProperties.messageId === messageId) entry.isAcked = true;
      }
    }
    return { status: OK, entries: entries.map((entry) => ({ ...entry, status: OK })) };
  }

  private change(request: UnaryCalls['ChangeInvisibleDuration'][0]): UnaryCalls['ChangeInvisibleDuration'][1] {
    for (const entry of this.topics.get(request.topic.name) ?? []) {
      if (entry.message.systemProperties.messageId !== request.messageId) continue;
      entry.leasedUntilMs = performance.now() + msOf(request.invisibleDuration);
    }
    return { status: OK, receiptHandle: `${request.messageId}#${++this.handles}` };
  }
}

const clientOf = (call: { readonly metadata: grpc.Metadata }): string => String(call.metadata.get('x-mq-client-id')[0]);
