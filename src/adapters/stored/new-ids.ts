/** Code units order as the index's bytes do, but for these. */
const SURROGATE = /[\ud800-\udfff]/;

/**
 * True where no id of a batch can be among those that are there, the highest of which is given: a load in the order of
 * ids, which one comparison each tells in place of a look-up.
 */
export const areAllAbove = (highest: string | undefined, memberIds: readonly string[]): boolean =>
  highest === undefined || (memberIds.every((id) => id > highest) && !SURROGATE.test(highest + memberIds.join('')));
