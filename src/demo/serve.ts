/** Serves a data folder. */
import { parseArgs } from 'node:util';
import { startServer } from '../compose.js';
import { loadConfig, secretReader } from '../config.js';

const { values } = parseArgs({ options: { data: { type: 'string' }, port: { type: 'string' } } });
const log = (event: object): void => console.error(JSON.stringify(event));
try {
  const server = await startServer({
    config: loadConfig({ dataFolder: values.data, port: Number(values.port) }),
    version: '0.1.0',
    log: { info: () => undefined, error: log, event: log },
    readSecret: secretReader(),
  });
  console.log(JSON.stringify({ url: server.url }));
  process.once('SIGTERM', () => void server.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
