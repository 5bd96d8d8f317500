import { randomBytes } from 'node:crypto';
import type { Random } from '../../core/ports/random.js';

/** The machine's own randomness: `bytes` is fit for keys and tokens. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (sizeBytes) => randomBytes(sizeBytes),
};
