/**
 * Runs the small campaign of a folder from launch to end, saying what it was told is durable, unless it is killed.
 * Arguments: the data folder, and the number of the statement to be killed at (0 = none).
 */
import { writeSync } from 'node:fs';
import { installKillPoints } from '../support/kill-points.js';
import { ensureLaunched, isCompleted, openSmall, until } from '../support/small-campaign.js';

const [dataFolder = '', killAt = '0'] = process.argv.slice(2);
const points = installKillPoints(Number(killAt));
const engine = await openSmall(dataFolder, (event) => {
  if (event.kind.startsWith('store.')) writeSync(1, `${event.kind}\n`);
});
const { id } = await ensureLaunched(engine);
writeSync(1, 'launched\n');
await until('the campaign is completed', () => points.quietly(() => isCompleted(engine, id)), 60_000);
writeSync(1, 'completed\n');
await engine.close(0);
writeSync(1, `points ${points.passed}\n`);
