export interface RocketmqServer {
  readonly folder: string;
  /** Of the proxy, for clients of the gRPC protocol. */
  readonly endpoint: string;
  readonly nameServer: string;
  readonly broker: string;
  startProxy(): Promise<void>;
  killProxy(): Promise<void>;
  stop(options?: { readonly isFolderKept?: boolean }): Promise<void>;
}
export function startRocketmq(options: {
  readonly folder: string;
  readonly isSynchronous?: boolean;
}): Promise<RocketmqServer>;
