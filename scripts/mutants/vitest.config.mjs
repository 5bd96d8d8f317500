import base from '../../vitest.config.ts';

/** The tests that are named for the file under mutation. */
const include = (process.env.FANFARE_MUTANT_TESTS ?? '').split(',');
export default { ...base, test: { ...base.test, include } };
