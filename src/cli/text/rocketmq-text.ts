/** Words of the commands around RocketMQ. */
export const ROCKETMQ_TEXT = {
  group: { en: 'The RocketMQ of a cluster', 'zh-CN': '集群使用的 RocketMQ' },
  setup: { en: 'Create topics and consumer groups', 'zh-CN': '创建主题和消费组' },
  setupDetails: {
    en: 'Asks the name servers of cluster.rocketmq and leaves alone what is there. Prints what it created.',
    'zh-CN': '通过 cluster.rocketmq 的名字服务创建；已存在的不作改动。输出新创建的名称。',
  },
  classic: {
    en: 'use the names of the classic design for what has one',
    'zh-CN': '凡经典设计中已有的名称，一律沿用',
  },
  print: {
    en: 'print a script of mqadmin instead, for whoever may administer the brokers',
    'zh-CN': '不创建，只输出 mqadmin 脚本，交给有 Broker 管理权限的人执行',
  },
  setUp: {
    en: (created: string, existing: string) => `Created ${created}, found ${existing} already there.`,
    'zh-CN': (created: string, existing: string) => `新建 ${created} 个，已有 ${existing} 个。`,
  },
} as const;
