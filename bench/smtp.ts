/**
 * Mails to a real SMTP server (smtp-server, in a process of its own, in clear): a campaign by e-mail, rendered, with
 * text and HTML parts, marks and outcomes durable; and beside it, in the same run and alternating, nodemailer's own pool
 * in a loop with as many connections and a mail of the same parts.
 *
 * What it does not show: TLS, DKIM, and a server that takes its time to answer.
 */
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { countDeliveries } from '../src/demo/vendors/read-delivery-log.js';
import { VendorProcess } from '../src/demo/vendors/vendor-process.js';
import { mailServerSettings } from '../src/demo/vendors/vendor-settings.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp, type CleanUp } from './support/clean-up.js';
import { cpuSecondsOf } from './support/process-figures.js';
import { openServerWorld } from './support/server-world.js';

export const smtp: Bench = {
  name: 'smtp',
  about: "mails to a real SMTP server, beside nodemailer's own pool",
  run,
};

/** Generated members who have agreed to e-mail and have an address are 48 in 100. */
const EMAIL_SHARE = 0.48;
/** As the settings of the demo's mail server have it. */
const CONNECTIONS = 8;
const BODY = '{{member.name|friend}}, {{promotion.name}} is on. You have {{member.points}} points.';

interface Leg {
  readonly mails: number;
  readonly perSecond: number;
  readonly cpuMicros: number;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 20_000);
  const runs = numberOf('runs', 3);
  const bare: Leg[] = [];
  const ours: Leg[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}`);
    bare.push(await bareLoop(members));
    ours.push(await engine(members, say));
  }
  const of = (legs: readonly Leg[], read: (leg: Leg) => number): number[] => legs.map(read);
  return [
    figureOf(
      'mails, against the bare loop',
      'mails/s',
      of(ours, ({ perSecond }) => perSecond),
      of(bare, ({ perSecond }) => perSecond),
    ),
    figureOf(
      'CPU of the sending process, against the bare loop',
      'µs/mail',
      of(ours, ({ cpuMicros }) => cpuMicros),
      of(bare, ({ cpuMicros }) => cpuMicros),
    ),
    figureOf(
      'mails of a campaign',
      'mails',
      of(ours, ({ mails }) => mails),
    ),
  ];
}

const startServer = async (cleanUp: CleanUp): Promise<VendorProcess> => {
  const mailServer = await VendorProcess.start('mail-server', { logFile: join(runFolder(cleanUp), 'mails.log') });
  cleanUp.add(() => mailServer.stop());
  return mailServer;
};

function engine(members: number, say: (line: string) => void): Promise<Leg> {
  return withCleanUp(async (cleanUp) => {
    const mailServer = await startServer(cleanUp);
    const channels = { email: { provider: mailServerSettings(mailServer.port) } };
    const population = Math.ceil(members / EMAIL_SHARE);
    const { api, server } = await openServerWorld({ members: population, say, channels }, cleanUp);
    const cpuBefore = cpuSecondsOf(server.pid);
    const startedMs = performance.now();
    const { campaignId } = await api.createPromotion({ channels: ['email'], where: 'consent.email', body: BODY });
    const campaign = await api.untilEnded(campaignId, say);
    const spanSeconds = (performance.now() - startedMs) / 1_000;
    const cpuSeconds = cpuSecondsOf(server.pid) - cpuBefore;
    await mailServer.stop();
    const mails = (await countDeliveries(mailServer.logFile, 'email')).get(campaignId)?.members ?? 0;
    const sent = campaign.channels[0]?.books.sent ?? 0;
    if (mails === 0 || mails !== sent) throw new Error(`The mail server took ${mails}, the books say ${sent}.`);
    return { mails, perSecond: mails / spanSeconds, cpuMicros: (cpuSeconds * 1e6) / mails };
  });
}

function bareLoop(mails: number): Promise<Leg> {
  return withCleanUp(async (cleanUp) => {
    const { port } = await startServer(cleanUp);
    const transport = createTransport({
      pool: true,
      host: '127.0.0.1',
      port,
      secure: false,
      ignoreTLS: true,
      maxConnections: CONNECTIONS,
      maxMessages: 1_000,
    });
    cleanUp.add(() => transport.close());
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < mails) {
        const number = next++;
        const text = `李伟, Bench 12345 1 is on. You have ${number} points.`;
        await transport.sendMail({
          from: { name: 'Fanfare', address: 'offers@shop.example' },
          to: `someone.7.${number}@mail.example`,
          subject: 'Bench 12345 1',
          text,
          html: `<p>${text}</p>`,
          messageId: `<bare-${number}@shop.example>`,
        });
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS * 2 }, lane));
    const spanMs = performance.now() - startedMs;
    const cpu = process.cpuUsage(cpuBefore);
    return { mails, perSecond: (mails / spanMs) * 1_000, cpuMicros: (cpu.user + cpu.system) / mails };
  });
}
