import type { CommandNode } from './command-spec.js';
import { audit } from './commands/audit-command.js';
import { campaignCommands } from './commands/campaign-commands.js';
import { couponCommands } from './commands/coupon-commands.js';
import { doctor } from './commands/doctor-command.js';
import { eventCommands } from './commands/event-commands.js';
import { keyCommands } from './commands/key-commands.js';
import { lockCommands } from './commands/lock-commands.js';
import { memberCommands } from './commands/members-group.js';
import { move } from './commands/move-command.js';
import { promotionCommands } from './commands/promotion-commands.js';
import { migrate } from './commands/migrate-command.js';
import { nodes } from './commands/nodes-command.js';
import { quote } from './commands/quote-command.js';
import { inboxCommands, showRecord } from './commands/record-commands.js';
import { rocketmqCommands } from './commands/rocketmq-commands.js';
import { configCommands, serve } from './commands/server-commands.js';

/** Every command, in the order of the help. */
export const COMMAND_TREE: readonly CommandNode[] = [
  serve,
  memberCommands,
  promotionCommands,
  couponCommands,
  quote,
  lockCommands,
  campaignCommands,
  showRecord,
  inboxCommands,
  audit,
  eventCommands,
  keyCommands,
  nodes,
  migrate,
  doctor,
  rocketmqCommands,
  move,
  configCommands,
];
