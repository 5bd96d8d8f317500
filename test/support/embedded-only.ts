/** Tests beside the embedded adapter's own that need a data folder, and why they are not run over a server. */
export const EMBEDDED_ONLY: Readonly<Record<string, string>> = {
  'src/adapters/stored/moved-tables.test.ts': 'reads the tables of a data folder that moves into a database',
  'src/ledger/audit-flips.test.ts': 'flips bits of the file; a server keeps its own',
  'src/ledger/audit-plants.test.ts': 'plants faults below SQL, in the pages of the file',
  'src/push/timed-lease.test.ts': 'moves the clock that ends leases; over MySQL that is the clock of the server',
  'test/crash/consumer-crash.test.ts': 'kills the one process that holds a data folder',
  'test/crash/import-crash.test.ts': 'kills the one process that holds a data folder',
  'test/crash/launch-crash.test.ts': 'kills the one process that holds a data folder',
  'test/crash/move-crash.test.ts': 'kills the move of a data folder into a database',
  'test/vendors/stopped-pusher.test.ts': 'stops a process that shares a data folder with this one',
};
