// Faults of a cluster's nodes, servers and networks, judged by the vendor's own log and the audit.
const part = (name, shows, what, { file, named, minutes, tools = [] }) => ({
  name: `cluster-${name}`,
  shows,
  what,
  tests: [`test/cluster/${file}.test.ts`],
  isCluster: true,
  ...(named === undefined ? {} : { named }),
  minutes,
  tools,
});

export default [
  part('node-kills', ['R3'], 'kill -9 of one of two nodes in mid-campaign, 20 times', {
    file: 'two-nodes',
    named: 'SIGKILL.*clocks 0 s apart',
    minutes: 15,
  }),
  part('node-stops', ['R8'], 'one of two nodes stopped past its leases in mid-campaign and woken, 20 times', {
    file: 'two-nodes',
    named: 'SIGSTOP.*clocks 0 s apart',
    minutes: 15,
  }),
  part('clocks-apart', ['R9'], 'kill -9 of one of two nodes whose clocks are 30 s apart, 20 times', {
    file: 'two-nodes',
    named: 'SIGKILL.*clocks 30 s apart',
    minutes: 15,
    tools: ['faketime'],
  }),
  part('join-leave', ['R3'], 'a node joined, another stopped by SIGTERM and a third killed in mid-campaign, 20 times', {
    file: 'join-leave',
    named: 'have work at once',
    minutes: 40,
  }),
  part('rolling-restart', ['R3'], 'both of two nodes started anew under callers and a campaign, 20 times', {
    file: 'join-leave',
    named: 'are started anew',
    minutes: 40,
  }),
  part('database-kills', ['R17'], 'kill -9 of the database in mid-campaign under two nodes, 100 times', {
    file: 'database-killed',
    minutes: 30,
  }),
  part(
    'claims-kills',
    ['R14', 'R16'],
    '200,000 claims of 20,000 members at two nodes for a stock of 10,000, and 36 kills of nodes, of the database and of Redis under them',
    {
      file: 'claims-killed',
      minutes: 30,
    },
  ),
  part(
    'coupons-shared',
    ['R14', 'R15'],
    'stock, budget and locks of one coupon at two nodes whose clocks are 2 minutes apart',
    {
      file: 'coupons-two-nodes',
      minutes: 10,
    },
  ),
  part('redis-flushes', ['R16', 'R13'], 'FLUSHALL of Redis in mid-campaign under two nodes, 100 times', {
    file: 'redis-lost',
    named: 'is emptied',
    minutes: 15,
  }),
  part('redis-away', ['R16', 'R13'], 'Redis gone for a minute in mid-campaign under two nodes, 20 times', {
    file: 'redis-lost',
    named: 'is gone',
    minutes: 35,
  }),
  ...['MySQL', 'Redis'].map((edge) =>
    part(
      `network-${edge.toLowerCase()}`,
      ['R19'],
      `faults of the network between two nodes and ${edge}, 20 of each kind`,
      {
        file: 'network-faults',
        named: `between nodes and ${edge}`,
        minutes: 38,
      },
    ),
  ),
  part('network-rocketmq', ['R19'], 'faults of the network between two nodes and RocketMQ, 20 of each kind', {
    file: 'broker-faults.cluster',
    named: 'behind a bad network',
    minutes: 38,
  }),
  part('broker-kills', ['R10'], 'kill -9 of broker and proxy in mid-campaign, 20 times, events going out and in', {
    file: 'broker-faults.cluster',
    named: 'is killed',
    minutes: 25,
  }),
  part('topics-deleted', ['R10'], 'all topics of RocketMQ deleted and made again in mid-campaign, 20 times', {
    file: 'broker-faults.cluster',
    named: 'deleted and made again',
    minutes: 15,
  }),
];
