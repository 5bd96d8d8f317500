import type { Clock } from '../../core/ports/clock.js';
import type { Provider } from '../../core/ports/provider.js';
import { createReferenceCodec } from '../../push/reference.js';
import { createUnsubscribeTokens } from '../../push/unsubscribe-token.js';
import { HttpProvider } from './http/http-provider.js';
import { RequestTemplate } from './http/request-template.js';
import { createUndiciTransport } from './http/undici-transport.js';
import { createPractice } from './simulated/practice.js';
import { SimulatedProvider } from './simulated/simulated-provider.js';
import { SmtpProvider } from './smtp/smtp-provider.js';
import type { VendorSpec } from './vendor-spec.js';

/**
 * The provider of a channel, in the thread that calls. Connects to nothing before it sends.
 * @throws DomainError `INVALID_CONFIG` when a template of the settings can't be right.
 */
export function buildProvider(spec: VendorSpec, clock: Clock): Provider {
  const { channel, config, secrets, keys } = spec;
  const references = createReferenceCodec(keys);
  switch (config.kind) {
    case 'http': {
      const template = new RequestTemplate(config, { named: secrets.named, signing: secrets.signing });
      const transport = createUndiciTransport(template.origin, config, { ca: secrets.ca });
      return new HttpProvider({ channel, config, template }, { clock, references, transport });
    }
    case 'smtp': {
      const access = { config, password: secrets.password, ca: secrets.ca };
      return new SmtpProvider(channel, access, { clock, references, tokens: createUnsubscribeTokens(keys) });
    }
    case 'simulated': {
      const practice = config.rendersMessage ? createPractice(channel, { clock, references }) : undefined;
      return new SimulatedProvider(channel, config, { clock, practice });
    }
  }
}
