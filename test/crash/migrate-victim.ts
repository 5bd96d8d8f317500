/** Brings a store to this program's schema. Arguments: the store's file, and the statement to be killed at (0 = none). */
import { openWriter } from '../../src/adapters/sqlite/connection.js';
import { migrate } from '../../src/adapters/sqlite/migrate.js';
import { installKillPoints } from '../support/kill-points.js';

const [file = '', killAt = '0'] = process.argv.slice(2);
const points = installKillPoints(Number(killAt));
migrate(openWriter(file));
console.log(points.passed);
