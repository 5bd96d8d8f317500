/** All randomness that our code sees, so that a run can be repeated from its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Unguessable where the adapter is the system's; used for keys and tokens. */
  bytes(sizeBytes: number): Uint8Array;
}
