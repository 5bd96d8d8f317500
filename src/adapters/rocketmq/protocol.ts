/**
 * The wire protocol of RocketMQ 5 (package apache.rocketmq.v2), as far as we speak it: the .proto files beside this
 * file say what is meant by each field. They come from the Apache project under the licence beside them.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface Status {
  readonly code: string;
  readonly message: string;
}
export interface Resource {
  readonly name: string;
}
export interface Span {
  readonly seconds: number;
  readonly nanos: number;
}
export interface Endpoints {
  readonly scheme: 'IPv4' | 'IPv6' | 'DOMAIN_NAME';
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}
export interface MessageQueueRoute {
  readonly topic?: Resource;
  readonly id?: number;
  readonly permission?: string;
  readonly broker: { readonly name: string; readonly endpoints?: Endpoints };
  readonly acceptMessageTypes?: readonly string[];
}
export type MessageType = 'NORMAL' | 'FIFO' | 'DELAY';

export interface SystemProperties {
  readonly tag?: string;
  readonly keys?: readonly string[];
  readonly messageId: string;
  readonly bodyDigest?: { readonly type: string; readonly checksum: string };
  readonly bodyEncoding: 'IDENTITY' | 'GZIP';
  readonly messageType?: string;
  readonly bornTimestamp: Span;
  readonly bornHost: string;
  readonly storeTimestamp?: Span;
  readonly deliveryTimestamp?: Span;
  readonly receiptHandle?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
  readonly deliveryAttempt?: number;
  readonly messageGroup?: string;
}
export interface WireMessage {
  readonly topic: Resource;
  readonly userProperties: Readonly<Record<string, string>>;
  readonly systemProperties: SystemProperties;
  readonly body: Buffer;
}

export interface Settings {
  readonly clientType: 'PRODUCER' | 'SIMPLE_CONSUMER';
  readonly accessPoint: Endpoints;
  readonly requestTimeout: Span;
  readonly subscription?: {
    readonly group: Resource;
    readonly subscriptions: readonly { readonly topic: Resource; readonly expression: FilterExpression }[];
    readonly longPollingTimeout: Span;
  };
  readonly userAgent: { readonly language: 'NODE_JS'; readonly version: string };
}
export interface FilterExpression {
  readonly type: 'TAG';
  readonly expression: string;
}

/** The calls that are answered once: request and response of each. */
export interface UnaryCalls {
  QueryRoute: [
    { readonly topic: Resource; readonly endpoints: Endpoints },
    { readonly status: Status; readonly messageQueues?: readonly MessageQueueRoute[] },
  ];
  Heartbeat: [{ readonly group: Resource; readonly clientType: 'SIMPLE_CONSUMER' }, { readonly status: Status }];
  SendMessage: [
    { readonly messages: readonly WireMessage[] },
    { readonly status: Status; readonly entries?: readonly { readonly status: Status; readonly messageId: string }[] },
  ];
  AckMessage: [
    {
      readonly group: Resource;
      readonly topic: Resource;
      readonly entries: readonly { readonly messageId: string; readonly receiptHandle: string }[];
    },
    {
      readonly status: Status;
      readonly entries?: readonly {
        readonly messageId: string;
        readonly receiptHandle: string;
        readonly status: Status;
      }[];
    },
  ];
  ChangeInvisibleDuration: [
    {
      readonly group: Resource;
      readonly topic: Resource;
      readonly receiptHandle: string;
      readonly messageId: string;
      readonly invisibleDuration: Span;
    },
    { readonly status: Status; readonly receiptHandle?: string },
  ];
  ForwardMessageToDeadLetterQueue: [
    {
      readonly group: Resource;
      readonly topic: Resource;
      readonly receiptHandle: string;
      readonly messageId: string;
      readonly deliveryAttempt: number;
      readonly maxDeliveryAttempts: number;
    },
    { readonly status: Status },
  ];
  NotifyClientTermination: [{ readonly group: Resource }, { readonly status: Status }];
}

export interface ReceiveRequest {
  readonly group: Resource;
  readonly messageQueue: MessageQueueRoute;
  readonly filterExpression: FilterExpression;
  readonly batchSize: number;
  readonly invisibleDuration: Span;
  readonly autoRenew: false;
  readonly longPollingTimeout: Span;
}
export interface ReceiveAnswer {
  readonly status?: Status;
  readonly message?: WireMessage;
}
export interface TelemetryCommand {
  readonly status?: Status;
  readonly settings?: Settings;
}

type Methods = Readonly<Record<string, grpc.MethodDefinition<object, object>>>;
let methods: Methods | undefined;

/** Path and codecs of a call. The files are read when the first one is asked for. */
export function methodOf(name: string): grpc.MethodDefinition<object, object> {
  methods ??= loadMethods();
  const method = methods[name];
  if (method === undefined) throw new Error(`the protocol has no call ${name}`);
  return method;
}

/** All calls, for a server that speaks the protocol. */
export const protocolMethods = (): Methods => (methods ??= loadMethods());

function loadMethods(): Methods {
  const definitions = loadSync('apache/rocketmq/v2/service.proto', {
    includeDirs: [protoFolder()],
    longs: Number,
    enums: String,
    defaults: false,
    oneofs: false,
  });
  // The loader's type covers messages and enumerations too; this name is the service.
  return definitions['apache.rocketmq.v2.MessagingService'] as Methods;
}

/** Beside this file; a build by the compiler alone leaves them with the sources. */
function protoFolder(): string {
  const beside = fileURLToPath(new URL('./proto/', import.meta.url));
  return existsSync(beside) ? beside : beside.replace(/([\\/])dist([\\/]src[\\/]adapters[\\/])/, '$2');
}

export const spanOf = (ms: number): Span => ({
  seconds: Math.floor(ms / 1_000),
  nanos: Math.round((ms % 1_000) * 1e6),
});
/** Milliseconds, whole ones; undefined and absent parts count as 0. */
export const msOf = (span: Partial<Span> | undefined): number =>
  (span?.seconds ?? 0) * 1_000 + Math.floor((span?.nanos ?? 0) / 1e6);

/** An address as `host:port` (`[::1]:8081` for IPv6). */
export function endpointsOf(address: string): Endpoints {
  const { host, port } = splitAddress(address);
  const scheme = host.includes(':') ? 'IPv6' : /^\d+(\.\d+){3}$/.test(host) ? 'IPv4' : 'DOMAIN_NAME';
  return { scheme, addresses: [{ host, port }] };
}

export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

export const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
