/**
 * A RocketMQ of one's own: name server, and proxy with broker in one process, on free ports of 127.0.0.1, in a folder
 * of its own. An open port is not a server that is ready: a broker registers up to 11 s after its start, unless it is
 * told a setting anew; then a route is known within half a second.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../lib/failure.mjs';
import { ROOT } from '../lib/paths.mjs';
import { hasRoute } from './ask-route.mjs';
import { findFreePorts } from './free-ports.mjs';
import { ensureJars, missingTools } from './jars.mjs';
import { callRemoting, UPDATE_BROKER_CONFIG, UPDATE_TOPIC } from './remoting.mjs';
import { writeServerFiles } from './server-files.mjs';

const READY_MS = 120_000;
const STOP_MS = 15_000;
const POLL_MS = 100;
const PROBE_TOPIC = 'FANFARE_START';
/** May a broker be written to and read from: the value it has anyway, told anew so that it registers at once. */
const READ_AND_WRITE = 'brokerPermission=6\n';

const OPENED = ['java.lang', 'java.nio', 'java.util', 'jdk.internal.ref'].map(
  (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
);

/**
 * Starts the servers and resolves once a route answers. `folder` is made; what the servers write is in it. With
 * `isSynchronous` the broker answers a send after its disk has it.
 * @throws Failure in one line: what is missing, or the last that the servers said.
 */
export async function startRocketmq({ folder, isSynchronous = false }) {
  const missing = await missingTools();
  if (missing !== undefined) throw new Failure(missing);
  const classPath = await ensureJars();
  mkdirSync(folder, { recursive: true });
  const { single, broker } = await findFreePorts(3);
  const [nameServer, grpc, remoting] = single;
  const ports = { nameServer, grpc, remoting, broker };
  writeServerFiles(folder, ports, { isSynchronous });
  const server = new RocketmqServer(folder, ports, classPath);
  await server.start();
  return server;
}

class RocketmqServer {
  constructor(folder, ports, classPath) {
    this.folder = folder;
    this.ports = ports;
    this.classPath = classPath;
    this.children = new Map();
    /** For clients of the gRPC protocol. */
    this.endpoint = `127.0.0.1:${ports.grpc}`;
    /** For setting up and looking on. */
    this.nameServer = `127.0.0.1:${ports.nameServer}`;
    this.broker = `127.0.0.1:${ports.broker}`;
  }

  async start() {
    // Detached, so that a Ctrl-C on the terminal ends us first and we end the servers in order.
    this.watchdog = spawn(process.execPath, [join(ROOT, 'scripts', 'rocketmq', 'watchdog.mjs'), this.folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.watchdog.unref();
    this.watchdog.stdin.unref();
    try {
      this.launch('name-server', ['-Xms64m', '-Xmx128m'], 'org.apache.rocketmq.namesrv.NamesrvStartup', [
        '-c',
        join(this.folder, 'name-server.conf'),
      ]);
      await this.startProxy();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Starts proxy and broker, at first or after `killProxy`, on the same ports and the same store. */
  async startProxy() {
    this.launch('proxy', ['-Xms256m', '-Xmx512m'], 'org.apache.rocketmq.proxy.ProxyStartup', [
      '-n',
      this.nameServer,
      '-pm',
      'local',
      '-bc',
      join(this.folder, 'broker.conf'),
      '-pc',
      join(this.folder, 'home', 'conf', 'rmq-proxy.json'),
    ]);
    await this.waitUntilReady();
  }

  /** Ends proxy and broker as a power cut of the process would: nothing of it is written any more. */
  async killProxy() {
    await this.end('proxy', 'SIGKILL');
  }

  /** Ends what was started: politely, or at once where nothing of it is kept. Safe to repeat. */
  async stop({ isFolderKept = true } = {}) {
    const signal = isFolderKept ? 'SIGTERM' : 'SIGKILL';
    await this.end('proxy', signal);
    await this.end('name-server', signal);
    this.watchdog?.stdin.destroy();
  }

  launch(name, memory, mainClass, args) {
    const output = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn('java', [...this.javaOptions(), ...memory, '-cp', this.classPath, mainClass, ...args], {
      cwd: this.folder,
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    const ended = new Promise((resolve) => child.on('exit', resolve).on('error', resolve));
    this.children.set(name, { child, ended });
    writeFileSync(join(this.folder, `${name}.pid`), String(child.pid));
  }

  javaOptions() {
    return [
      '-XX:+UseSerialGC',
      '-XX:MaxDirectMemorySize=256m',
      '-Xss512k',
      `-Duser.home=${this.folder}`,
      `-Drocketmq.home.dir=${join(this.folder, 'home')}`,
      '-Djava.net.preferIPv4Stack=true',
      `-Drmq.logback.configurationFile=${join(ROOT, 'scripts', 'rocketmq', 'logback.xml')}`,
      ...OPENED,
      '--add-exports=java.base/sun.nio.ch=ALL-UNNAMED',
    ];
  }

  async waitUntilReady() {
    const { broker, grpc } = this.ports;
    const deadlineMs = performance.now() + READY_MS;
    await this.until(deadlineMs, () => succeeds(callRemoting(broker, UPDATE_BROKER_CONFIG, {}, READ_AND_WRITE)));
    await this.until(deadlineMs, () => succeeds(callRemoting(broker, UPDATE_TOPIC, probeTopic())));
    await this.until(deadlineMs, () => hasRoute(grpc, PROBE_TOPIC));
  }

  async until(deadlineMs, isDone) {
    for (;;) {
      for (const [name, { child }] of this.children) {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) this.fail(name, 'ended');
      }
      if (await isDone()) return;
      if (performance.now() > deadlineMs) this.fail('proxy', `was not ready after ${READY_MS / 1_000} s`);
      await sleep(POLL_MS);
    }
  }

  fail(name, what) {
    const lines = readFileSync(join(this.folder, `${name}.log`), 'utf8')
      .trim()
      .split('\n');
    throw new Failure(`The ${name} of RocketMQ ${what}: ${lines.at(-1)} All it said is in ${this.folder}.`);
  }

  async end(name, signal) {
    const running = this.children.get(name);
    if (running === undefined) return;
    this.children.delete(name);
    const { child, ended } = running;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  }
}

const probeTopic = () => ({
  topic: PROBE_TOPIC,
  defaultTopic: 'TBW102',
  readQueueNums: '1',
  writeQueueNums: '1',
  perm: '6',
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: '0',
  order: 'false',
  attributes: '',
});

const succeeds = (call) =>
  call.then(
    () => true,
    () => false,
  );
