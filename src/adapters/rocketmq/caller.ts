import grpc from '@grpc/grpc-js';
import { formatInstant, type EpochMs } from '../../core/time.js';
import type { Caller } from './proxy-channel.js';

/** The protocol's own version: what the server checks, not ours. */
export const PROTOCOL_VERSION = '5.0.0';

/** Headers of every call of one client. `clientId` is unique in the cluster. */
export function createCaller(clientId: string, now: EpochMs): Caller {
  const metadata = new grpc.Metadata();
  metadata.set('x-mq-protocol', 'v2');
  metadata.set('x-mq-client-id', clientId);
  metadata.set('x-mq-date-time', formatInstant(now).replace(/[-:]|\.\d+/g, ''));
  metadata.set('x-mq-request-id', clientId);
  metadata.set('x-mq-language', 'NODE_JS');
  metadata.set('x-mq-client-version', PROTOCOL_VERSION);
  return { clientId, metadata };
}
