import { relative } from 'node:path';

/** A path as it is typed from here; in full where that would climb out of here. */
export function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
