/** Settings of MySQL and MariaDB that promises rest on. Pure. */
import { broken, ok, set, weaker, type Rule, type Verdict } from './finding.js';

export interface MysqlSettings {
  /** As a connection of ours sees them, so with what we set for ourselves. */
  readonly variables: Readonly<Record<string, string>>;
  /** How far its clock is ahead of this machine's; negative when it is behind. */
  readonly clockAheadMs: number;
  /** Connections that one node opens at most. */
  readonly connectionsPerNode: number;
}

const MIB = 1_048_576;
const MAX_SKEW_MS = 2_000;
const GOOD_PACKET_BYTES = 16 * MIB;
const LEAST_PACKET_BYTES = 4 * MIB;
/** The server keeps one more for an administrator. */
const OTHER_CONNECTIONS = 5;

const isOn = (value: string | undefined): boolean => value === 'ON' || value === '1';
const variable = (...names: readonly string[]) => ({
  setting: names[0] ?? '',
  read: ({ variables }: MysqlSettings) => names.map((name) => variables[name]).find((value) => value !== undefined),
});

export const MYSQL_RULES: readonly Rule<MysqlSettings>[] = [
  { ...variable('version'), judge: judgeVersion },
  {
    ...variable('innodb_flush_log_at_trx_commit'),
    judge: (value) =>
      value === '1' || value === '3'
        ? ok('What was answered survives a power cut.', '已应答的内容断电后仍在。')
        : weaker(
            {
              en:
                `A power cut${value === '0' ? ' or a crash of the server' : ''} takes back about the last second of ` +
                'what was answered: changes are lost, and members told in it can be told again.',
              'zh-CN': `断电${value === '0' ? '或服务器崩溃' : ''}会丢失约最后一秒已应答的内容：改动丢失，这一秒内通知过的会员可能再次收到。`,
            },
            set('innodb_flush_log_at_trx_commit = 1'),
          ),
  },
  {
    ...variable('innodb_doublewrite'),
    judge: (value) =>
      ['OFF', '0', 'DETECT_ONLY'].includes(value)
        ? weaker(
            {
              en: 'A power cut in the middle of a page leaves it torn, and what was in it unreadable, unless the file system writes pages whole.',
              'zh-CN': '断电时若正在写页，该页会损坏、内容无法读取，除非文件系统能保证整页写入。',
            },
            set('innodb_doublewrite = ON'),
          )
        : ok('A page torn by a power cut is repaired.', '断电造成的坏页可以修复。'),
  },
  {
    ...variable('log_bin'),
    judge: (value) =>
      isOn(value)
        ? ok('Replicas can follow this server.', '副本可以跟随此服务器。')
        : ok(
            'No replica can follow this server: what was committed since the last backup is on its disk only.',
            '没有副本可以跟随此服务器：上次备份之后提交的内容只在它的磁盘上。',
          ),
  },
  { setting: 'sync_binlog', read: ofBinlog('sync_binlog'), judge: judgeSyncBinlog },
  {
    setting: 'binlog_format',
    read: ofBinlog('binlog_format'),
    judge: (value) =>
      value === 'STATEMENT'
        ? broken(
            {
              en: 'InnoDB refuses every write of ours: it logs READ COMMITTED by rows only.',
              'zh-CN': 'InnoDB 拒绝所有写入：READ COMMITTED 下只能按行记录日志。',
            },
            set('binlog_format = ROW'),
          )
        : ok('Writes at READ COMMITTED are logged.', 'READ COMMITTED 下的写入可以记录。'),
  },
  {
    setting: 'semi-synchronous replication',
    read: (settings) =>
      ofBinlog('rpl_semi_sync_master_enabled')(settings) ?? ofBinlog('rpl_semi_sync_source_enabled')(settings),
    judge: (value) =>
      isOn(value)
        ? ok(
            'What was answered is on a replica too, while one answers in time.',
            '只要副本及时应答，已应答的内容副本上也有。',
          )
        : weaker(
            {
              en: 'A failover to a replica takes back what the replica had not received: changes are lost, and members told in it can be told again.',
              'zh-CN': '切换到副本会丢失它尚未收到的内容：改动丢失，这段时间通知过的会员可能再次收到。',
            },
            set('rpl_semi_sync_master_enabled = ON (rpl_semi_sync_source_enabled)'),
          ),
  },
  {
    ...variable('transaction_isolation', 'tx_isolation'),
    judge: (value) =>
      value === 'READ-COMMITTED'
        ? ok(
            'Each statement sees what is committed, as our locks assume.',
            '每条语句都能看到已提交的内容，加锁方式以此为前提。',
          )
        : broken(
            {
              en: 'Our connections do not get READ COMMITTED, which they ask for: what decides is read from an old snapshot.',
              'zh-CN': '连接未能取得所要求的 READ COMMITTED：用于判断的内容可能读自旧快照。',
            },
            {
              en: 'Look what between the nodes and the server changes SET SESSION, such as a proxy.',
              'zh-CN': '检查节点与服务器之间是否有代理等改动了 SET SESSION。',
            },
          ),
  },
  {
    ...variable('time_zone'),
    judge: (value) =>
      value === '+00:00'
        ? ok('Our connections count in UTC.', '连接使用 UTC。')
        : broken(
            {
              en: 'Our connections do not get UTC, which they ask for: times come back shifted.',
              'zh-CN': '连接未能取得所要求的 UTC：时间会有偏移。',
            },
            {
              en: 'Look what between the nodes and the server changes SET SESSION, such as a proxy.',
              'zh-CN': '检查节点与服务器之间是否有代理等改动了 SET SESSION。',
            },
          ),
  },
  {
    setting: 'clock',
    read: ({ clockAheadMs }) => `${clockAheadMs > 0 ? '+' : ''}${clockAheadMs} ms`,
    judge: judgeClock,
  },
  {
    ...variable('character_set_connection'),
    judge: (value) =>
      value === 'utf8mb4'
        ? ok('Every character of a text arrives.', '文本中的每个字符都能保存。')
        : broken(
            {
              en: 'Our connections do not get utf8mb4: characters outside of it are lost or refused.',
              'zh-CN': '连接未能取得 utf8mb4：部分字符会丢失或被拒绝。',
            },
            {
              en: 'Set skip-character-set-client-handshake off.',
              'zh-CN': '关闭 skip-character-set-client-handshake。',
            },
          ),
  },
  { ...variable('max_allowed_packet'), judge: judgePacket },
  { ...variable('max_connections'), judge: judgeConnections },
  {
    setting: 'read_only',
    read: ({ variables }) =>
      ['read_only', 'super_read_only', 'innodb_read_only'].some((name) => isReadOnly(variables[name])) ? 'ON' : 'OFF',
    judge: (value) =>
      isOn(value)
        ? broken(
            { en: 'Nothing can be written: this is a replica.', 'zh-CN': '无法写入：这是一个副本。' },
            { en: 'Name the primary in cluster.mysql.url.', 'zh-CN': '在 cluster.mysql.url 中填写主库。' },
          )
        : ok('It takes writes.', '可以写入。'),
  },
  {
    setting: 'several writers',
    read: ({ variables }) =>
      isOn(variables['wsrep_on'])
        ? 'Galera'
        : variables['group_replication_single_primary_mode'] === 'OFF'
          ? 'group replication'
          : undefined,
    judge: () =>
      weaker(
        {
          en:
            'Locks hold on one server only. Over several of them commits are refused at their end and run again, and ' +
            'a node may not see yet what another has committed.',
          'zh-CN':
            '锁只在一台服务器上有效。写入多台时，提交可能在最后被拒绝而重做，且节点可能还看不到其他节点刚提交的内容。',
        },
        {
          en: 'Let all nodes name the same server, and the others follow it.',
          'zh-CN': '让所有节点连接同一台服务器，其余服务器只作跟随。',
        },
      ),
  },
];

/** A variable that matters only where the server writes a binary log. */
function ofBinlog(name: string): (settings: MysqlSettings) => string | undefined {
  return ({ variables }) => (isOn(variables['log_bin']) ? variables[name] : undefined);
}

const isReadOnly = (value: string | undefined): boolean => value !== undefined && !['OFF', '0'].includes(value);

function judgeVersion(value: string): Verdict {
  const [major = 0, minor = 0] = value.split(/[.-]/).map(Number);
  const isMariadb = /mariadb/i.test(value);
  const number = major * 100 + minor;
  if (number < (isMariadb ? 1_006 : 800)) {
    return broken(
      {
        en: 'It knows no SKIP LOCKED: claiming buckets fails.',
        'zh-CN': '不支持 SKIP LOCKED：无法领取分桶。',
      },
      {
        en: 'Use MariaDB 10.6 or newer (tested: 10.11), or MySQL 8.',
        'zh-CN': '请使用 MariaDB 10.6 及以上（已测试 10.11）或 MySQL 8。',
      },
    );
  }
  return isMariadb
    ? ok('It has all that we ask for; 10.11 is the one tested.', '具备所需功能；测试所用为 10.11。')
    : ok(
        'By its manual it has all that we ask for; MariaDB 10.11 is the one tested.',
        '按其手册具备所需功能；测试所用为 MariaDB 10.11。',
      );
}

function judgeSyncBinlog(value: string): Verdict {
  if (value === '1') return ok('The binary log loses no commit by a power cut.', '断电后二进制日志不缺提交。');
  return weaker(
    {
      en: 'After a power cut the binary log may lack the last commits: replicas differ from this server and have to be made anew.',
      'zh-CN': '断电后二进制日志可能缺少最后的提交：副本与主库不一致，需要重建。',
    },
    set('sync_binlog = 1'),
  );
}

function judgeClock(_: string, { clockAheadMs }: MysqlSettings): Verdict {
  if (Math.abs(clockAheadMs) <= MAX_SKEW_MS) return ok('It agrees with the clock of this machine.', '与本机时钟一致。');
  return weaker(
    {
      en: "Nodes agree all the same, for they follow the database's clock; where that is the wrong one, starts, quiet hours and ends come early or late by as much.",
      'zh-CN': '各节点都跟随数据库时钟，彼此一致；若数据库时钟不准，开始、静默时段、结束会相应提前或推迟。',
    },
    { en: 'Set the clocks of nodes and database by NTP.', 'zh-CN': '用 NTP 校准节点与数据库的时钟。' },
  );
}

function judgePacket(value: string): Verdict {
  const sizeBytes = Number(value);
  const advice = set('max_allowed_packet = 16M');
  if (sizeBytes >= GOOD_PACKET_BYTES) return ok('The largest statements fit.', '最大的语句也能容纳。');
  if (sizeBytes >= LEAST_PACKET_BYTES) {
    return weaker(
      {
        en: 'Imports of wide rows may be refused; nothing is lost by it.',
        'zh-CN': '字段很多的导入可能被拒绝，但不会丢失内容。',
      },
      advice,
    );
  }
  return broken(
    {
      en: 'Statements with many rows are refused: buckets may not be recorded.',
      'zh-CN': '行数多的语句会被拒绝：分桶结果可能无法记录。',
    },
    advice,
  );
}

function judgeConnections(value: string, { connectionsPerNode }: MysqlSettings): Verdict {
  const nodes = Math.floor((Number(value) - OTHER_CONNECTIONS) / connectionsPerNode);
  const words = {
    en: `Room for ${nodes} nodes, each with up to ${connectionsPerNode} connections.`,
    'zh-CN': `可容纳 ${nodes} 个节点，每个节点最多 ${connectionsPerNode} 个连接。`,
  };
  if (nodes >= 2) return { judgement: 'ok', meaning: words };
  const advice = set(`max_connections = ${connectionsPerNode} × (nodes) + ${OTHER_CONNECTIONS}`);
  return nodes === 1 ? weaker(words, advice) : broken(words, advice);
}
