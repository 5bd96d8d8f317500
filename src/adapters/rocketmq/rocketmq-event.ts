/** What happens inside the adapter and is worth counting or logging. Names are stable; spans in milliseconds. */
export type RocketmqEvent =
  /** A call was answered, or not: for histograms of latency. `outcome` is the status of the protocol, or of gRPC. */
  | { readonly kind: 'call'; readonly method: string; readonly durationMs: number; readonly outcome: string }
  /** A send is tried again, for this reason; a message may then come twice, under the same id. */
  | { readonly kind: 'retry'; readonly method: string; readonly endpoint: string; readonly reason: string }
  /** The session of a group with a proxy was lost and made anew. */
  | { readonly kind: 'reconnect'; readonly endpoint: string; readonly group: string }
  /** No proxy answers as it should: said once, until `available`. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'available'; readonly afterMs: number }
  /** A message that was ended by this process came again, and was ended again without being given to anybody. */
  | { readonly kind: 'repeat'; readonly group: string; readonly messageId: string };

export type OnRocketmqEvent = (event: RocketmqEvent) => void;
