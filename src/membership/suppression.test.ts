import { describe, expect, it } from 'vitest';
import { subjectHasher, subjectOfChannel, subjectsOf } from './suppression.js';

const member = { memberId: 'm-1', email: 'a@example.com', phone: '+8613812345678', pushToken: null };

describe('subjects of a suppression', () => {
  it('are the member and each address', () => {
    expect(subjectsOf(member)).toEqual([
      { kind: 'member', memberId: 'm-1' },
      { kind: 'email', address: 'a@example.com' },
      { kind: 'phone', address: '+8613812345678' },
    ]);
  });

  it('name the address of a channel', () => {
    expect(subjectOfChannel(member, 'sms')).toEqual({ kind: 'phone', address: '+8613812345678' });
    expect(subjectOfChannel(member, 'app')).toBeUndefined();
    expect(subjectOfChannel(member, 'inbox')).toEqual({ kind: 'member', memberId: 'm-1' });
  });

  it('hash by key and kind, so that a list without its key names nobody', () => {
    const hash = subjectHasher(new Uint8Array(32).fill(1));
    const other = subjectHasher(new Uint8Array(32).fill(2));
    const email = { kind: 'email', address: 'a@example.com' } as const;
    expect(hash(email)).toEqual(hash(email));
    expect(hash(email)).toHaveLength(16);
    expect(hash(email)).not.toEqual(other(email));
    expect(hash(email)).not.toEqual(hash({ kind: 'pushToken', address: 'a@example.com' }));
  });
});
