// One command is enough on a fresh clone: installs what is missing, builds what changed, then runs the target.
// This file is read by any Node, so it uses nothing that an old one cannot parse.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'Fanfare needs Node 20.19 or newer; this is Node ' +
      process.versions.node +
      '. Install a newer Node and run the same command again.',
  );
  process.exit(1);
}
import('./lib/targets.mjs').then(
  (targets) => targets.run(process.argv[2], process.argv.slice(3)),
  (error) => {
    console.error('Cannot load scripts/lib: ' + error.message + ' Check out the repository again.');
    process.exitCode = 1;
  },
);
