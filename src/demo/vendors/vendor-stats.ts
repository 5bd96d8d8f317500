/** What a stand-in answers to `GET /stats`: everything since it started, counted by itself. */
export interface VendorStats {
  readonly vendor: string;
  readonly requests: number;
  /** Messages it delivered; the lines of its log. */
  readonly delivered: number;
  /** Different keys among them. */
  readonly keys: number;
  /** Deliveries under a key that had been delivered before: 0 for a vendor that de-duplicates. */
  readonly doubledKeys: number;
  /** Deliveries to a member (campaign and ordinal of the key) that had got this message before, under any key. */
  readonly doubledMembers: number;
  /** Deliveries of one message to a recipient that had got it before. */
  readonly doubledRecipients: number;
  /** Members asked about again under a key that was answered before, and answered the same without delivering. */
  readonly repeated: number;
  /** Members refused because of their address. */
  readonly refused: number;
  /** Requests answered 429. */
  readonly throttled: number;
  /** Requests answered 5xx: `failed` before delivering, `lost` after it. */
  readonly failed: number;
  readonly lost: number;
  /** Most deliveries in any second. */
  readonly peakPerSecond: number;
  /** Of `delivered`, what each machine asked for that named itself. */
  readonly deliveredBySender: Readonly<Record<string, number>>;
}
