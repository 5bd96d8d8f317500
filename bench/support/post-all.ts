/**
 * Many small POSTs over connections that stay: how many a second are answered, and what CPU the server takes for one. As
 * many ask at the same time as there are connections; who asks one of ours at the same moment shares a commit.
 */
import { Pool } from 'undici';
import { cpuSecondsOf } from './process-figures.js';
import { rateOf } from './coupons.js';

const CONNECTIONS = 256;

export interface Posts {
  readonly url: string;
  /** Of the server. */
  readonly pid: number;
  readonly total: number;
  readonly path: string;
  readonly bodyOf: (number: number) => object;
}

export interface PostedLeg {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** @throws Error when one is not answered with 200. */
export async function postAll({ url, pid, total, path, bodyOf }: Posts): Promise<PostedLeg> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  try {
    const cpuBefore = cpuSecondsOf(pid);
    const headers = { 'content-type': 'application/json' };
    const perSecond = await rateOf(total, CONNECTIONS, async (number) => {
      const body = JSON.stringify(bodyOf(number));
      const response = await pool.request({ method: 'POST', path, headers, body });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`${path} was answered ${response.statusCode}: ${text}`);
    });
    return { perSecond, cpuMicros: ((cpuSecondsOf(pid) - cpuBefore) * 1e6) / total };
  } finally {
    await pool.destroy();
  }
}
