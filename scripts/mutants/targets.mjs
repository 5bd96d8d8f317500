const besideSource = (file) => file.replace(/\.ts$/, '.test.ts');
const target = (rules, file, tests = []) => ({ rules, file, tests: [besideSource(file), ...tests] });
const only = (rules, file, ...tests) => ({ rules, file, tests });

const PUSHER = 'src/push/channel-pusher.test.ts';
/** Pushers that stop, die, or lose what they hold. */
const LOSSES = ['lost-work', 'stop', 'poison'].map((name) => `src/push/${name}.test.ts`);
const LEDGER_PAGE = 'src/ledger/ledger-doc.test.ts';

/** What is mutated: files whose rules everything rests on, and the tests that must see each change of them. */
export const TARGETS = [
  target('ledger', 'src/ledger/cell-code.ts', ['src/ledger/cell-moves.test.ts', LEDGER_PAGE]),
  target('ledger', 'src/ledger/cell-moves.ts', [LEDGER_PAGE]),
  target('ledger', 'src/ledger/bucket-members.ts'),
  target('ledger', 'src/ledger/cell-counts.ts'),
  target('ledger', 'src/ledger/histogram.ts'),
  target('lease', 'src/adapters/sqlite/ledger-repository.ts'),
  only(
    'lease',
    'src/adapters/sqlite/ledger-rows.ts',
    ...['ledger', 'audience'].map((name) => `src/adapters/sqlite/${name}-repository.test.ts`),
  ),
  target('lease', 'src/push/held-buckets.ts'),
  target('lease', 'src/push/bucket-image.ts'),
  only('turn', 'src/push/turn.ts', PUSHER, ...LOSSES),
  target('outcomes', 'src/push/decide.ts'),
  target('outcomes', 'src/push/merge-answers.ts'),
  target('outcomes', 'src/push/refusal-watch.ts'),
  target('outcomes', 'src/push/circuit.ts'),
  target('outcomes', 'src/adapters/vendors/http/read-answers.ts'),
  target('outcomes', 'src/adapters/vendors/smtp/smtp-answers.ts'),
];

/** Of the mutants of each file that are not equivalent, this share is killed at least. */
export const LEAST_SCORE = 0.8;
