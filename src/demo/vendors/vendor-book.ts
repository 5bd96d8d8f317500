import { peekReference } from '../../push/reference.js';
import { DeliveryLog } from './delivery-log.js';
import { PeakRate } from './peak-rate.js';
import { readDeliveredKeys } from './read-delivery-log.js';
import { SeenSet } from './seen-set.js';
import type { VendorStats } from './vendor-stats.js';

/** One message to one recipient. */
export interface Delivery {
  readonly key: string;
  readonly recipient: string;
  readonly text: string;
  /** Which of a shop's machines asked, where it says so. */
  readonly sender?: string | undefined;
}

/** What a stand-in has done, in its log and in numbers. */
export class VendorBook {
  requests = 0;
  refused = 0;
  throttled = 0;
  failed = 0;
  lost = 0;
  private delivered = 0;
  private repeated = 0;
  private doubledKeys = 0;
  private doubledMembers = 0;
  private doubledRecipients = 0;
  private readonly keys = new SeenSet();
  private readonly members = new SeenSet();
  private readonly recipients = new SeenSet();
  private readonly senders = new Map<string, number>();
  private readonly peak = new PeakRate();
  private readonly log: DeliveryLog;
  private readonly isKeyed: boolean;
  private readonly vendor: string;
  private readonly logFile: string;

  constructor(options: { readonly vendor: string; readonly logFile: string; readonly isKeyed: boolean }) {
    this.vendor = options.vendor;
    this.isKeyed = options.isKeyed;
    this.logFile = options.logFile;
    this.log = new DeliveryLog(options.logFile);
  }

  /** Knows the keys of the log again, as a vendor does that was restarted; needed before the first delivery. */
  async remember(): Promise<void> {
    if (this.isKeyed) await readDeliveredKeys(this.logFile, (key) => this.keys.add(key));
  }

  /** Delivers, unless this vendor de-duplicates and knows the key. */
  deliver({ key, recipient, text, sender }: Delivery): void {
    const isKnown = this.keys.add(key);
    if (isKnown && this.isKeyed) {
      this.repeated++;
      return;
    }
    if (isKnown) this.doubledKeys++;
    // A key that is one of ours names campaign and member; of any other, the text is all there is to tell messages apart.
    const reference = peekReference(key);
    const message = reference === undefined ? text : `${reference.channel} ${reference.campaignId}`;
    if (reference !== undefined && this.members.add(`${message} ${reference.ordinal}`)) this.doubledMembers++;
    if (this.recipients.add(`${message} ${recipient}`)) this.doubledRecipients++;
    this.delivered++;
    if (sender !== undefined) this.senders.set(sender, (this.senders.get(sender) ?? 0) + 1);
    this.peak.add(1, performance.now());
    this.log.append(key, recipient);
  }

  stats(): VendorStats {
    const { vendor, requests, refused, throttled, failed, lost } = this;
    const { delivered, repeated, doubledKeys, doubledMembers, doubledRecipients } = this;
    return {
      vendor,
      requests,
      delivered,
      keys: delivered - doubledKeys,
      doubledKeys,
      doubledMembers,
      doubledRecipients,
      repeated,
      refused,
      throttled,
      failed,
      lost,
      peakPerSecond: this.peak.peakPerSecond,
      deliveredBySender: Object.fromEntries(this.senders),
    };
  }

  close(): void {
    this.log.close();
  }
}
