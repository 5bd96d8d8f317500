import { existsSync, readFileSync } from 'node:fs';
import { assert } from '../core/assert.js';

/** The version in package.json, from the build as from TypeScript. */
export function productVersion(): string {
  const candidates = ['../../../package.json', '../../package.json'].map((place) => new URL(place, import.meta.url));
  const file = candidates.find((candidate) => existsSync(candidate));
  assert(file !== undefined, 'the program lies in its package');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: unknown }; // looked at as unknown
  assert(typeof version === 'string', 'package.json has a version');
  return version;
}
