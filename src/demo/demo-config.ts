import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '../core/language.js';
import { CONFIG_FILE } from '../config.js';
import type { DemoVendors } from './vendors-of-demo.js';
import { appPushVendorSettings, mailServerSettings, smsVendorSettings } from './vendors/vendor-settings.js';

export interface DemoConfig {
  readonly vendors: DemoVendors;
  readonly language: Language;
  readonly port: number;
  /** By default a million members in half a minute. */
  readonly smsMembersPerSecond?: number;
  /** The name under which this server is known to the vendors, where there are several. */
  readonly sender?: string;
  /** The servers that it shares with others. */
  readonly cluster?: object;
}

/** The pace that the SMS vendor's contract would allow. */
const SMS_MEMBERS_PER_SECOND = 30_000;

/** Writes the configuration that a shop would write: its channels, its vendors, what a message costs. */
export function writeDemoConfig(folder: string, options: DemoConfig): void {
  const { vendors, language, port, sender, cluster, smsMembersPerSecond = SMS_MEMBERS_PER_SECOND } = options;
  const retry = { firstDelayMs: 500, maxDelayMs: 5_000 };
  const config = {
    server: { port, publicUrl: `http://127.0.0.1:${port}` }, // behind the links to unsubscribe in mails
    texts: { language, timeZone: 'Asia/Shanghai' },
    channels: {
      sms: {
        provider: smsVendorSettings(vendors.sms.port, sender),
        pace: { membersPerSecond: smsMembersPerSecond },
        price: { perMemberMinor: 4.5, currency: 'CNY' },
        retry,
      },
      email: { provider: mailServerSettings(vendors.email.port, sender), retry },
      app: { provider: appPushVendorSettings(vendors.app.port, sender), retry },
    },
    ...(cluster === undefined ? {} : { cluster }),
  };
  writeFileSync(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
