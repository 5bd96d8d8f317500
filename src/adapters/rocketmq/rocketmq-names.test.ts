import { describe, expect, it } from 'vitest';
import { ALL_TASK_TOPICS } from '../../core/task-topics.js';
import { rocketmqSchema, type RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { rocketmqScript } from './own-set-up.js';
import { RocketmqNames } from './rocketmq-names.js';

const settings = (given: Partial<RocketmqSettings> = {}): RocketmqSettings => ({
  ...rocketmqSchema.parse({ endpoints: ['127.0.0.1:8081'], nameServers: ['ns1:9876', 'ns2:9876'] }),
  ...given,
});
const nameOf = (topic: string, given?: Partial<RocketmqSettings>): string =>
  new RocketmqNames(settings(given)).topic(topic).name;
const groupOf = (group: string, given?: Partial<RocketmqSettings>): string =>
  new RocketmqNames(settings(given)).group(group);

describe('names in RocketMQ', () => {
  it('are ours behind one prefix', () => {
    expect(nameOf('promotion.created')).toBe('FANFARE_PROMOTION_CREATED');
    expect(nameOf('user.loggedIn', { prefix: 'shop-' })).toBe('shop-USER_LOGGED_IN');
    expect(nameOf('task.sms.bulk', { prefix: '' })).toBe('TASK_SMS_BULK');
    expect(groupOf('crm.sync')).toBe('FANFARE_crm|sync');
  });

  it('are taken in full where the settings give them, whatever the prefix', () => {
    const names = { topics: { 'user.loggedIn': 'LOGINS' }, groups: { crm: 'CRM-GROUP' } };
    expect([nameOf('user.loggedIn', { names }), groupOf('crm', { names })]).toEqual(['LOGINS', 'CRM-GROUP']);
  });

  it('are those of the classic design where it has one', () => {
    const classic = { isClassic: true };
    expect(nameOf('promotion.created', classic)).toBe('SALES_PROMOTION_CREATED_EVENT_TOPIC');
    expect(nameOf('user.loggedIn', classic)).toBe('USER_LOGINED_EVENT_TOPIC');
    expect(nameOf('order.cancelled', classic)).toBe('OrderCanceledEvent');
    expect(nameOf('task.sms.bulk', classic)).toBe('PLATFORM_PROMOTION_SEND_USER_BUCKET_TOPIC_SMS');
    expect(groupOf('user.loggedIn', classic)).toBe('USER_LOGINED_EVENT_CONSUMER_GROUP');
    expect(nameOf('campaign.completed', classic)).toBe('CAMPAIGN_COMPLETED');
    expect(nameOf('promotion.created', { isClassic: true, prefix: 'test_' })).toBe(
      'test_SALES_PROMOTION_CREATED_EVENT_TOPIC',
    );
  });

  it('are one per task of a channel and class, and never two of ours the same', () => {
    for (const isClassic of [false, true]) {
      const all = ALL_TASK_TOPICS.map((topic) => nameOf(topic, { isClassic }));
      expect(new Set(all).size).toBe(12);
      expect(new RocketmqNames(settings({ isClassic })).topic('task.sms.bulk').isOrdered).toBe(false);
    }
  });

  it('that RocketMQ would refuse are refused with the key to put right', () => {
    expect(() => nameOf('eine Prämie')).toThrow(/cluster\.rocketmq\.names/);
  });

  it('stand in the script for mqadmin, quoted, each with its type', () => {
    const lines = rocketmqScript(settings()).split('\n');
    expect(lines).toContain('NAME_SERVERS="${NAME_SERVERS:-ns1:9876;ns2:9876}"');
    expect(lines).toContain(
      `mqadmin updateTopic -n "$NAME_SERVERS" -c "$CLUSTER" -t 'FANFARE_PROMOTION_CREATED' -r 8 -w 8 -a +message.type=FIFO`,
    );
    expect(lines).toContain(
      `mqadmin updateSubGroup -n "$NAME_SERVERS" -c "$CLUSTER" -g 'FANFARE_task|sms|bulk' -s true -m true -o false -r 128`,
    );
    expect(lines.filter((line) => line.includes("'%DLQ%")).length).toBe(12);
  });
});
