import { expect, it } from 'vitest';
import { DomainError } from '../../core/errors.js';
import { createServerLog } from './server-log.js';

const CANARY = 'canary-13800138000';

it('names every line by `event`, and keeps of an error its name, code and place only', () => {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string): void => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
  };
  const log = createServerLog<{ readonly kind: string; readonly error?: unknown }>({ level: 'info' }, { write });
  log.info({ event: 'http.request', status: 200 });
  log.event({ kind: 'campaign.running' });
  log.event({ kind: 'planner.failed', error: new Error(`${CANARY} of Li Wei\r\nlevel: 30`) });
  log.event({ kind: 'push.storeError', error: new DomainError('NOT_FOUND', CANARY, { memberId: CANARY }) });
  log.event({ kind: 'store.away' });
  log.event({ kind: 'store.back' });

  expect(lines.map(({ event, level }) => [event, level])).toEqual([
    ['http.request', 30],
    ['campaign.running', 30],
    ['planner.failed', 40],
    ['push.storeError', 40],
    ['store.away', 40],
    ['store.back', 30],
  ]);
  expect(JSON.stringify(lines)).not.toContain(CANARY);
  expect(lines[2]?.['error']).toMatchObject({ name: 'Error', frames: expect.arrayContaining([expect.any(String)]) });
  expect(lines[3]?.['error']).toMatchObject({ name: 'DomainError', code: 'NOT_FOUND' });
});
