/** Facts of the whole store, such as keys made at its first start. */
export interface FolderFacts {
  read(name: string): Promise<Uint8Array | undefined>;
  /** Keeps `value` unless there is one already; answers what is kept. */
  keepFirst(name: string, value: Uint8Array): Promise<Uint8Array>;
}
