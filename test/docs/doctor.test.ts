import { describe, expect, it } from 'vitest';
import { MYSQL_RULES } from '../../src/nodes/doctor/mysql-rules.js';
import { REDIS_RULES } from '../../src/nodes/doctor/redis-rules.js';
import { BROKER_RULES } from '../../src/nodes/doctor/rocketmq-rules.js';
import { readPage } from '../support/sources.js';

describe('docs/CLUSTER.md', () => {
  it('says why each setting matters that the doctor judges', () => {
    const page = readPage('docs/CLUSTER.md');
    const rows = page.split('\n').filter((line) => line.startsWith('| '));
    const settings = [...MYSQL_RULES, ...REDIS_RULES, ...BROKER_RULES].map(({ setting }) => setting);
    for (const setting of settings) {
      expect(rows.filter((row) => row.includes(setting)).length, setting).toBeGreaterThan(0);
    }
  });
});
