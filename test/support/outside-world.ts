import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VendorProcess, type StartVendorOptions, type VendorName } from '../../src/demo/vendors/vendor-process.js';

type VendorChoice = Omit<StartVendorOptions, 'logFile' | 'port'>;

/** A data folder with nothing in it, and stand-ins of three vendors as processes with their own logs. */
export class OutsideWorld {
  private constructor(
    readonly folder: string,
    readonly sms: VendorProcess,
    readonly app: VendorProcess,
    readonly mail: VendorProcess,
  ) {}

  static async open(choices: {
    readonly sms?: VendorChoice;
    readonly app?: VendorChoice;
    readonly mail?: VendorChoice;
  }) {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-world-'));
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    const started: VendorProcess[] = [];
    const start = async (name: VendorName, choice: VendorChoice = {}): Promise<VendorProcess> => {
      const vendor = await VendorProcess.start(name, { ...choice, logFile: join(folder, `${name}.log`) });
      started.push(vendor);
      return vendor;
    };
    try {
      const sms = await start('sms-vendor', choices.sms);
      const app = await start('app-push-vendor', choices.app);
      return new OutsideWorld(folder, sms, app, await start('mail-server', choices.mail));
    } catch (error) {
      for (const vendor of started) await vendor.stop();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** Where a server keeps its data. */
  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  writeConfig(config: object): void {
    writeFileSync(join(this.dataFolder, 'fanfare.config.json'), JSON.stringify(config));
  }

  /** Ends the vendors, which complete their logs first. Safe to call twice. */
  async stopVendors(): Promise<void> {
    await Promise.all([this.sms, this.app, this.mail].map((vendor) => vendor.stop()));
  }

  async remove(): Promise<void> {
    await this.stopVendors();
    rmSync(this.folder, { recursive: true });
  }
}
