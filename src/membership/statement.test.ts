import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyMemberFields } from '../../test/support/member-arbitrary.js';
import { toRow } from './member-row.js';
import { withFlags } from './statement.js';

it('gives a row its flags and keeps every other column', () => {
  fc.assert(
    fc.property(anyMemberFields, (fields) => {
      const row = toRow('m-1', fields);
      const { flags: _, ...others } = row;
      expect(withFlags(others, 0)).toEqual(row);
    }),
  );
});
