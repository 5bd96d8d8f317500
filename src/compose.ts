/**
 * The composition root: this file and the folder beside it alone know which adapters are in use. They open a data folder
 * as an engine (store, planner, a pusher per channel) and put the HTTP server around it.
 */
export { openShopTables } from './adapters/mysql/shop-tables.js';
export { checkChannels } from './compose/channels.js';
export { auditFolder, holdFolder, openEmbedded, type FolderLock } from './compose/embedded.js';
export { startEngine, type Engine, type EngineParts } from './compose/engine.js';
export type { EngineEvent } from './compose/engine-event.js';
export type { EngineStore, EngineTx } from './compose/engine-tx.js';
export { bringUpToDate, type MigrationReport, type StoreAddress } from './compose/bring-up-to-date.js';
export { examineServers } from './compose/doctor.js';
export { startServer, type RunningServer, type ServerLog, type ServerOptions } from './compose/server.js';
export { rocketmqScript, setUpRocketmq } from './adapters/rocketmq/own-set-up.js';
