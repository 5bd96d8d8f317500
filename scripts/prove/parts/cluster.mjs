// Faults of a cluster's nodes, servers and networks, judged by the vendor's own log and the audit.
const part = (name, shows, what, { file, named, minutes, tools = [] }) => ({
  name,
  shows,
  what,
  tests: [`test/cluster/${file}.test.ts`],
  isCluster: true,
  ...(named === undefined ? {} : { named }),
  minutes,
  tools,
});

export default [
  part('cluster-node-kills', ['R3'], 'kill -9 of one of two nodes in mid-campaign, 20 times', {
    file: 'two-nodes',
    named: 'SIGKILL',
    minutes: 12,
  }),
  part('cluster-node-stops', ['R8'], 'one of two nodes stopped past its leases in mid-campaign and woken, 20 times', {
    file: 'two-nodes',
    named: 'SIGSTOP',
    minutes: 12,
  }),
  part('cluster-database-kills', ['R17'], 'kill -9 of the database in mid-campaign under two nodes, 100 times', {
    file: 'database-killed',
    minutes: 30,
  }),
];
