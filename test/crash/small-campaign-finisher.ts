/** Opens a data folder again, lets its small campaign end, and prints what its books say. Argument: the data folder. */
import { finishSmall } from '../support/small-campaign.js';

const [dataFolder = ''] = process.argv.slice(2);
const { outcomes, ...story } = await finishSmall(dataFolder);
console.log(JSON.stringify({ ...story, outcomes: [...outcomes] }));
