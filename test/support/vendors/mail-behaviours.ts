import type { ProviderUnderTest, VendorBehaviour } from '../../conformance/provider.js';
import type { Provider } from '../../../src/core/ports/provider.js';
import { smtpProviderSchema, type SmtpProviderConfig } from '../../../src/push/config/smtp-provider-config.js';
import { parseSettings } from '../../../src/settings/parse-settings.js';
import { PATIENCE_MS, SILENCE_MS } from './json-behaviours.js';
import { MailVendor, refusal, type TakenMail } from './mail-vendor.js';

export type ServerOptions = NonNullable<Parameters<typeof MailVendor.start>[0]>;

export function smtpConfig(port: number, settings: object = {}): SmtpProviderConfig {
  const base = { kind: 'smtp', host: '127.0.0.1', port, tls: 'none' };
  const from = { name: '店铺', address: 'offers@shop.example' };
  const timeouts = { socketTimeoutMs: PATIENCE_MS, finalAnswerTimeoutMs: PATIENCE_MS };
  return parseSettings(smtpProviderSchema, { ...base, from, ...timeouts, ...settings }, 'test');
}

const refuses = (ordinal: number): boolean => ordinal % 7 === 3;
export const referenceOf = ({ text }: TakenMail): string => /^Message-ID: <([\w-]+)@/im.exec(text)?.[1] ?? '';

/** How a server shows a behaviour. */
const SERVERS: Readonly<Record<Exclude<VendorBehaviour, 'isUnreachable'>, ServerOptions>> = {
  accepts: {},
  refusesSomeAddresses: {
    onRcptTo: ({ address }, _session, done) => {
      done(refuses(Number(/\d+/.exec(address)?.[0])) ? refusal(550, 'No such user') : null);
    },
  },
  throttles: { onMailFrom: (_address, _session, done) => done(refusal(421, 'Too many of you')) },
  refusesAccount: { onMailFrom: (_address, _session, done) => done(refusal(550, 'Sender not allowed')) },
  isSilent: { answer: () => undefined },
  breaksOff: { answer: (_mail, _done, breakOff) => breakOff() },
};

/** Settings for a server that says nothing where an answer is due. */
export const SILENT_SERVER = { socketTimeoutMs: SILENCE_MS, finalAnswerTimeoutMs: SILENCE_MS };

/** A mail server that shows the behaviour, with a provider for it. */
export async function openMailVendor(
  behaviour: VendorBehaviour,
  openProvider: (config: SmtpProviderConfig) => Provider,
): Promise<ProviderUnderTest> {
  const vendor = await MailVendor.start(behaviour === 'isUnreachable' ? {} : SERVERS[behaviour]);
  const provider = openProvider(smtpConfig(vendor.port, behaviour === 'isSilent' ? SILENT_SERVER : {}));
  if (behaviour === 'isUnreachable') await vendor.stop();
  return {
    provider,
    refuses,
    asked: () => vendor.taken.map(referenceOf),
    async close() {
      await provider.close();
      if (behaviour !== 'isUnreachable') await vendor.stop();
    },
  };
}

export const MAIL_BEHAVIOURS = [...Object.keys(SERVERS), 'isUnreachable'] as readonly VendorBehaviour[]; // the keys of a full record
