/**
 * The composition root: this file and the folder beside it alone know which adapters are in use. They open a data folder
 * as an engine (store, planner, a pusher per channel) and put the HTTP server around it.
 */
export { askMysql, createDatabase, dropDatabase } from './adapters/mysql/own-database.js';
export { openShopTables } from './adapters/mysql/shop-tables.js';
export { checkChannels } from './compose/channels.js';
export { auditDatabase } from './compose/cluster.js';
export { auditFolder, holdFolder, openEmbedded, type FolderLock } from './compose/embedded.js';
export { startEngine, type Engine, type EngineParts } from './compose/engine.js';
export type { EngineEvent } from './compose/engine-event.js';
export { moveFolder, type MoveProgress, type MoveReport } from './compose/move.js';
export type { EngineStore, EngineTx } from './compose/engine-tx.js';
export { bringUpToDate, type MigrationReport, type StoreAddress } from './compose/bring-up-to-date.js';
export { examineServers } from './compose/doctor.js';
export { startServer, type RunningServer, type ServerLog, type ServerOptions } from './compose/server.js';
export { rocketmqScript, setUpRocketmq } from './adapters/rocketmq/own-set-up.js';
export { ownPlan } from './adapters/rocketmq/own-topics.js';
export { RocketmqAdmin, type QueueBacklog } from './adapters/rocketmq/remoting/rocketmq-admin.js';
export { RocketmqNames } from './adapters/rocketmq/rocketmq-names.js';
export { RocketmqQueue } from './adapters/rocketmq/rocketmq-queue.js';
export { whyRedisIsAway } from './adapters/redis/ask-redis.js';
