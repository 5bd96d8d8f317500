/** Moves a folder, saying so after each commit, until it is killed. Arguments: folder, address of the database. */
import { moveFolder } from '../../src/compose.js';

const [folder = '', url = ''] = process.argv.slice(2);
const report = await moveFolder({
  folder,
  url,
  signal: new AbortController().signal,
  sliceRows: 100,
  onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
});
process.stdout.write(`${JSON.stringify(report)}\n`);
