// Load on the outside: generated requests, slow sockets, soaks.
export default [
  {
    name: 'api-fuzz',
    shows: ['S26'],
    what: 'requests made out of the API document, right and wrong ones of every kind, against a real server',
    tests: ['test/load/api-fuzz.test.ts'],
    minutes: 20,
  },
  {
    name: 'slow-sockets',
    shows: ['S29'],
    what: '500 slow sockets (silent, slow headers, slow bodies, readers that read nothing) beside ordinary requests',
    tests: ['test/load/slow-sockets.test.ts'],
    minutes: 8,
  },
  ...['first', 'second'].map((life) => ({
    name: `soak-${life}`,
    shows: ['R25'],
    what: `25 minutes of campaigns over failing vendors, requests and readers of progress; ${life} life of one data folder`,
    tests: ['test/load/soak.test.ts'],
    named: life,
    minutes: 28,
  })),
];
