import { randomBytes } from 'node:crypto';
import type { Random } from '../../core/ports/random.js';

/** Fetched at once: a call of the source costs the same for 8 bytes as for so many. */
const POOL_BYTES = 4_096;

let pool = new Uint8Array(0);
let usedBytes = 0;

/** The machine's own randomness: `bytes` is fit for keys and tokens. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (sizeBytes) => {
    if (sizeBytes > POOL_BYTES) return randomBytes(sizeBytes);
    if (usedBytes + sizeBytes > pool.length) {
      pool = new Uint8Array(randomBytes(POOL_BYTES));
      usedBytes = 0;
    }
    const bytes = pool.slice(usedBytes, usedBytes + sizeBytes);
    pool.fill(0, usedBytes, usedBytes + sizeBytes); // what was handed out is in no other place
    usedBytes += sizeBytes;
    return bytes;
  },
};
