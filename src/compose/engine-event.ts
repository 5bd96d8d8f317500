import type { StoreEvent } from '../adapters/sqlite/sqlite-store.js';
import type { VendorThreadEvent } from '../adapters/vendors/worker/worker-provider.js';
import type { IncomingEvent } from '../events/incoming/incoming-consumer.js';
import type { PlannerEvent } from '../campaign/planner.js';
import type { IssueRunnerEvent } from '../coupon/issue/issue-runner.js';
import type { LockTimerEvent } from '../coupon/order/lock-timer.js';
import type { MaintenanceEvent } from '../maintenance.js';
import type { PushEvent } from '../push/channel-pusher.js';
import type { ClockEvent } from '../push/clock-watch.js';
import type { RelayEvent } from '../events/event-relay.js';
import type { NodeEvent } from '../nodes/node-life.js';
import type { RedisEvent } from '../adapters/redis/redis-connection.js';
import type { MysqlStoreEvent } from '../adapters/mysql/mysql-store.js';
import type { TaskEvent } from '../push/task-consumer.js';
import type { LeaseEvent } from '../push/lease-watch.js';

/** What an engine tells its log. */
export type EngineEvent =
  | StoreEvent
  | PlannerEvent
  | PushEvent
  | VendorThreadEvent
  | MaintenanceEvent
  | IssueRunnerEvent
  | LockTimerEvent
  | ClockEvent
  | LeaseEvent
  | NodeEvent
  | RelayEvent
  | RedisEvent
  | MysqlStoreEvent
  | IncomingEvent
  | TaskEvent;
