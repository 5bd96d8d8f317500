// The engine on simulated time, wire, vendors and disk.
export default ['a', 'b'].map((half) => ({
  name: `simulation-${half}`,
  shows: ['R28'],
  what: `5,000 seeds of simulated faults: kills at any call of a port, disks, clocks, vendors, people; half ${half}`,
  tests: [`test/simulation/seeds-${half}.test.ts`],
  minutes: 40,
}));
