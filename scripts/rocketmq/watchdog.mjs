// Ends the servers of a run whose starter died without ending them: `node watchdog.mjs FOLDER`, with a pipe of the
// starter as standard input. Nothing is ever read from that; it ends with the starter, however that one ends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = ''] = process.argv.slice(2);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('end', () => {
  for (const name of ['proxy', 'name-server']) endIfOurs(name);
});

/** A process id that somebody else has by now is left alone, where the system tells whose it is. */
function endIfOurs(name) {
  try {
    const pid = Number(readFileSync(join(folder, `${name}.pid`), 'utf8'));
    if (process.platform === 'linux' && !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) return;
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
