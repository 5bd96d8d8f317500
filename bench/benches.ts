import { apiDuringFanout } from './api-during-fanout.js';
import { claims } from './claims.js';
import { clusterFanout } from './cluster-fanout.js';
import { clusterVendor } from './cluster-vendor.js';
import { count } from './count.js';
import { create } from './create.js';
import { eagerIssue } from './eager-issue.js';
import { fanout } from './fanout.js';
import type { Bench } from './figure.js';
import { firstPush } from './first-push.js';
import { freeze } from './freeze.js';
import { fullLink } from './full-link.js';
import { generate } from './generate.js';
import { importBench } from './import.js';
import { inboxRead } from './inbox-read.js';
import { joinLeave } from './join-leave.js';
import { lazyLogin } from './lazy-login.js';
import { lockExpiry } from './lock-expiry.js';
import { memory } from './memory.js';
import { outboxLag } from './outbox-lag.js';
import { peers } from './peers.js';
import { quote } from './quote.js';
import { render } from './render.js';
import { restart } from './restart.js';
import { rocketmqRaw } from './rocketmq-raw.js';
import { smtp } from './smtp.js';
import { soldout } from './soldout.js';
import { storage } from './storage.js';
import { vendorBatch } from './vendor-batch.js';
import { vendorSingle } from './vendor-single.js';
import { why } from './why.js';

/** Every bench there is, by name. */
export const BENCHES: readonly Bench[] = [
  apiDuringFanout,
  claims,
  clusterFanout,
  clusterVendor,
  count,
  create,
  eagerIssue,
  fanout,
  firstPush,
  freeze,
  fullLink,
  generate,
  importBench,
  inboxRead,
  joinLeave,
  lazyLogin,
  lockExpiry,
  memory,
  outboxLag,
  peers,
  quote,
  render,
  restart,
  rocketmqRaw,
  smtp,
  soldout,
  storage,
  vendorBatch,
  vendorSingle,
  why,
];

/** Those that need MySQL, Redis and RocketMQ. */
export const CLUSTER_BENCHES: readonly Bench[] = [clusterFanout, clusterVendor, joinLeave, outboxLag, rocketmqRaw];
