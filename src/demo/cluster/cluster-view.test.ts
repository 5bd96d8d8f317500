import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../cli/display-width.js';
import { sayIn } from '../../cli/wording.js';
import { renderCluster } from './cluster-view.js';

const FIGURES = {
  nodes: [
    { name: 'node-1', pid: 4_194_304, delivered: { sms: 6_000_000, email: 300, app: 200 }, heldBuckets: 128 },
    { name: 'node-2', pid: 0, delivered: { sms: 2_000_000, email: 0, app: 0 }, heldBuckets: undefined },
  ],
  requests: { sms: 10_000, email: 300, app: 200 },
  topics: [
    { topic: 'FANFARE_CAMPAIGN_CREATED', messages: 2, groups: [] },
    {
      topic: 'FANFARE_TASK_REMINDER_AND_A_NAME_THAT_IS_TOO_LONG',
      messages: 10_000_000,
      groups: [
        { group: 'FANFARE_shop', backlog: 12 },
        { group: 'FANFARE_task|email|scheduled', backlog: 10_000_000 },
      ],
    },
  ],
};

describe('the cluster beside its campaigns', () => {
  it.each(['en', 'zh-CN'] as const)('fits into 79 columns in %s, whatever the figures', (language) => {
    const lines = renderCluster(FIGURES, { say: sayIn(language), ink: (_ink, text) => text, columns: 80 });
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(79);
  });

  it('says what each node brought, which one is down, and what each group has not read', () => {
    const lines = renderCluster(FIGURES, { say: sayIn('en'), ink: (_ink, text) => text, columns: 80 });
    const text = lines.map((line) => line.replaceAll(/ +/g, ' ').trim()).join('\n');
    expect(text).toContain('node-1, process 4194304 6,000,000 300 200 75 % 128');
    expect(text).toContain('node-2, not running 2,000,000 0 0 25 % –');
    expect(text).toContain('FANFARE_CAMPAIGN_CREATED 2 nobody reads it –');
    expect(text).toContain('FANFARE_shop 12\nFANFARE_task|email|sche… 10,000,000');
  });

  it('says so when the broker does not answer, instead of what it said before', () => {
    const style = { say: sayIn('en'), ink: (_ink: string, text: string) => text, columns: 80 };
    const lines = renderCluster({ ...FIGURES, topics: undefined }, style);
    expect(lines.at(-1)).toBe('  RocketMQ does not answer at the moment');
    expect(lines.join('\n')).not.toContain('FANFARE_');
  });
});
