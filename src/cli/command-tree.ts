import type { CommandNode } from './command-spec.js';
import { campaignCommands } from './commands/campaign-commands.js';
import { eventCommands } from './commands/event-commands.js';
import { keyCommands } from './commands/key-commands.js';
import { promotionCommands } from './commands/promotion-commands.js';

/** Every command, in the order of the help. */
export const COMMAND_TREE: readonly CommandNode[] = [promotionCommands, campaignCommands, keyCommands, eventCommands];
