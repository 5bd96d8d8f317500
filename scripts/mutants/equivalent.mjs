const speed = 'a shortcut: what follows answers the same';
const bucketMembers = 'src/ledger/bucket-members.ts';

/** Mutants that no test can see, because they mean the same: the text before and after, and why. */
export const EQUIVALENT = [
  { file: bucketMembers, from: 'until - from === memberCount', to: 'true', why: speed },
  { file: bucketMembers, from: "bucket.form === 'range'", to: 'false', why: speed },
  {
    file: bucketMembers,
    from: 'index < ordinals.length',
    to: 'index <= ordinals.length',
    why: 'a typed array takes nothing beyond its end',
  },
  {
    file: bucketMembers,
    from: 'offset < bucket.until - bucket.from',
    to: 'offset <= bucket.until - bucket.from',
    why: 'the bit after the last member is never set',
  },
  {
    file: 'src/ledger/histogram.ts',
    from: 'codeless += members',
    to: 'codeless -= members',
    why: 'it only matters whether it is 0',
  },
];
