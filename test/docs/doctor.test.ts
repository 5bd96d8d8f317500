import { describe, expect, it } from 'vitest';
import { MYSQL_RULES } from '../../src/nodes/doctor/mysql-rules.js';
import { REDIS_RULES } from '../../src/nodes/doctor/redis-rules.js';
import { BROKER_RULES } from '../../src/nodes/doctor/rocketmq-rules.js';
import { readPage } from '../support/sources.js';

describe('docs/CLUSTER.md', () => {
  it('says why each setting matters that the doctor judges', () => {
    const page = readPage('docs/CLUSTER.md');
    const [, section = ''] = /^## Settings of the servers\n([^]*?)^## /m.exec(page) ?? [];
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    const told = rows.flatMap((row) =>
      (row.split(' | ')[1] ?? '').split(',').map((name) => name.replaceAll('`', '').trim()),
    );
    const settings = [...MYSQL_RULES, ...REDIS_RULES, ...BROKER_RULES].map(({ setting }) => setting);
    expect(settings.filter((setting) => !told.includes(setting))).toEqual([]);
  });
});
