import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CLUSTER = 'DefaultCluster';

/** Writes the three configuration files of a run into its folder. */
export function writeServerFiles(folder, ports, { isSynchronous }) {
  const conf = join(folder, 'home', 'conf');
  mkdirSync(conf, { recursive: true });
  writeFileSync(join(folder, 'name-server.conf'), `listenPort=${ports.nameServer}\n`);
  writeFileSync(join(folder, 'broker.conf'), `${brokerLines(folder, ports, isSynchronous).join('\n')}\n`);
  writeFileSync(join(conf, 'rmq-proxy.json'), `${JSON.stringify(proxySettings(ports), undefined, 2)}\n`);
}

const brokerLines = (folder, ports, isSynchronous) => [
  `brokerClusterName=${CLUSTER}`,
  'brokerName=broker-a',
  'brokerId=0',
  'brokerIP1=127.0.0.1',
  `listenPort=${ports.broker}`,
  `namesrvAddr=127.0.0.1:${ports.nameServer}`,
  `storePathRootDir=${join(folder, 'store')}`,
  `storePathCommitLog=${join(folder, 'store', 'commitlog')}`,
  // Small files: a store of a few hundred messages need not take gigabytes.
  'mappedFileSizeCommitLog=67108864',
  'mappedFileSizeConsumeQueue=600000',
  'diskMaxUsedSpaceRatio=95',
  'fileReservedTime=2',
  'timerMaxDelaySec=2592000',
  'timerPrecisionMs=100',
  'recallMessageEnable=true',
  'autoCreateTopicEnable=false',
  ...(isSynchronous ? ['flushDiskType=SYNC_FLUSH'] : []),
];

const proxySettings = (ports) => ({
  rocketMQClusterName: CLUSTER,
  namesrvAddr: `127.0.0.1:${ports.nameServer}`,
  grpcServerPort: ports.grpc,
  remotingListenPort: ports.remoting,
  localServeAddr: '127.0.0.1',
  maxDelayTimeMills: 2_592_000_000,
  // A topic asked for before it exists stays unknown for this long.
  topicRouteServiceCacheRefreshSeconds: 2,
});
