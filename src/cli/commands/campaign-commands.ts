import { group } from '../command-spec.js';
import { CAMPAIGN_TEXT } from '../text/campaign-text.js';
import {
  cancelCampaign,
  confirmAudience,
  pauseCampaign,
  resumeCampaign,
  sendAgain,
  setPace,
} from './campaign-control-commands.js';
import { createCampaign, editCampaign, listTemplates } from './campaign-draft-commands.js';
import {
  dryRunCampaign,
  launchCampaign,
  listCampaigns,
  showCampaign,
  showHistory,
  watchCommand,
} from './campaign-launch-commands.js';
import { exportMembers, listMembersByOutcome } from './campaign-outcome-commands.js';
import { showFunnel } from './funnel-command.js';

export const campaignCommands = group('campaign', CAMPAIGN_TEXT.group, [
  createCampaign,
  editCampaign,
  dryRunCampaign,
  launchCampaign,
  watchCommand,
  showCampaign,
  listCampaigns,
  pauseCampaign,
  resumeCampaign,
  cancelCampaign,
  setPace,
  confirmAudience,
  sendAgain,
  listMembersByOutcome,
  exportMembers,
  showHistory,
  showFunnel,
  listTemplates,
]);
