import { group } from '../command-spec.js';
import { MEMBER_TEXT } from '../text/member-text.js';
import {
  countMembers,
  eraseMember,
  listMembers,
  rangeOfMembers,
  sampleMembers,
  setMember,
  showMember,
} from './member-commands.js';
import { generateMembers } from './generate-command.js';
import { importMembers } from './import-command.js';
import { listImports } from './imports-command.js';
import { showWallet } from './wallet-command.js';
import { suppress, unsuppress } from './suppression-commands.js';

export const memberCommands = group('members', MEMBER_TEXT.group, [
  importMembers,
  generateMembers,
  listImports,
  countMembers,
  rangeOfMembers,
  sampleMembers,
  listMembers,
  showMember,
  setMember,
  showWallet,
  suppress,
  unsuppress,
  eraseMember,
]);
