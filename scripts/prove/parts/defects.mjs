// That the tests can fail.
const mutants = (rules, minutes) => ({
  name: `mutants-${rules}`,
  shows: ['R29'],
  what: `each place of the rules of ${rules} changed, one at a time: a test notices at least four of five, in each file`,
  command: [process.execPath, 'scripts/mutants.mjs', '--only', rules],
  minutes,
});

export default [
  {
    name: 'planted-defects',
    shows: ['R29'],
    what: 'the mistakes that such systems make, planted one by one: each turns the test red that is named for it',
    tests: ['test/planted-defects/planted-defects.test.ts'],
    minutes: 3,
  },
  mutants('ledger', 15),
  mutants('lease', 15),
  mutants('turn', 35),
  mutants('outcomes', 25),
];
