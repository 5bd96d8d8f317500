import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../../test/support/membership.js';
import { DomainError } from '../../core/errors.js';
import { ImportJobs, type RejectFiles, type StartImport } from './import-jobs.js';

let membership: TemporaryMembership;
beforeEach(async () => {
  membership = await temporaryMembership();
});
afterEach(() => membership.remove());

const FILE: StartImport = {
  settings: { format: 'csv' },
  get input() {
    return Readable.from([Buffer.from('memberId,level\nm-1,3\n')]);
  },
  startedBy: 'test',
  signal: new AbortController().signal,
};

/** Files of refused rows that nothing is written to; a folder without space while `isFull`. */
class OddFolder implements RejectFiles {
  isFull = true;

  open() {
    if (this.isFull) return Promise.reject(new DomainError('STORE_FULL', 'The disk is full.'));
    return Promise.resolve({ append: () => Promise.resolve(), close: () => Promise.resolve() });
  }

  read() {
    return Promise.resolve(undefined);
  }

  removeAll() {
    return Promise.resolve();
  }
}

describe('import jobs', () => {
  it('end an import whose refused rows have no place to go, and take the next one', async () => {
    const rejects = new OddFolder();
    const jobs = new ImportJobs({ ...membership.deps, store: membership.store, rejects });
    expect(await jobs.run(FILE)).toMatchObject({ state: 'failed', error: { code: 'STORE_FULL' }, created: 0 });
    rejects.isFull = false;
    expect(await jobs.run(FILE)).toMatchObject({ state: 'done', created: 1 });
  });
});
