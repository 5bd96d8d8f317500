import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { mqadminScript } from './mqadmin-script.js';
import { ownPlan } from './own-topics.js';
import { RocketmqAdmin } from './remoting/rocketmq-admin.js';
import { RocketmqNames } from './rocketmq-names.js';
import { setUp, type SetUpReport } from './set-up.js';

/**
 * Creates every topic and group that a cluster needs, and leaves alone what is there.
 * @throws DomainError `INVALID_CONFIG` without a name server, `QUEUE_UNAVAILABLE` when none answers.
 */
export async function setUpRocketmq(settings: RocketmqSettings): Promise<SetUpReport> {
  const admin = new RocketmqAdmin(settings.nameServers);
  try {
    return await setUp(admin, ownPlan(new RocketmqNames(settings), settings));
  } finally {
    admin.close();
  }
}

/** The same as a script for somebody else to run. */
export const rocketmqScript = (settings: RocketmqSettings): string =>
  mqadminScript(ownPlan(new RocketmqNames(settings), settings), settings.nameServers);
