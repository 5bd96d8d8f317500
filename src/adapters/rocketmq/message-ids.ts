import type { Random } from '../../core/ports/random.js';

/** Ids as the protocol wants them: version `01`, 16 hexadecimal digits of this process, 14 that count. */
export class MessageIds {
  private readonly prefix: string;
  private given = 0;

  constructor(random: Random) {
    this.prefix = `01${Buffer.from(random.bytes(8)).toString('hex').toUpperCase()}`;
  }

  next(): string {
    return this.prefix + (this.given++).toString(16).toUpperCase().padStart(14, '0');
  }
}
