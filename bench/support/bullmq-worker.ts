#!/usr/bin/env node
/**
 * A worker of `peers`, as a process of its own: takes jobs of a BullMQ queue and makes one HTTP request for each. Ends
 * with its input.
 *
 * bullmq-worker.js QUEUE CONCURRENCY VENDOR_PORT
 */
import { Worker } from 'bullmq';
import { Pool } from 'undici';
import type { PeerJob } from '../peers.js';
import { REDIS } from './redis.js';

const [queue = '', concurrency = '1', vendorPort = ''] = process.argv.slice(2);
const pool = new Pool(`http://127.0.0.1:${vendorPort}`, { connections: Number(concurrency) });
const worker = new Worker<PeerJob>(
  queue,
  async ({ data }) => {
    const response = await pool.request({
      method: 'POST',
      path: '/v1/push',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(data),
    });
    await response.body.dump();
    if (response.statusCode !== 200) throw new Error(`The vendor answered ${response.statusCode}.`);
  },
  { connection: { ...REDIS, maxRetriesPerRequest: null }, concurrency: Number(concurrency) },
);
await worker.waitUntilReady();
console.log('ready');
process.stdin.resume().once('close', () => void worker.close().then(() => pool.close()));
