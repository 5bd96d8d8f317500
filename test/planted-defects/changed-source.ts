import { join } from 'node:path';
import type { Plugin } from 'vitest/config';

/** A place in a source file, and what is to stand there instead. */
export interface SourceChange {
  /** As in `src/push/turn.ts`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** Lets tests meet changed sources; the files stay as they are. A change that does not fit any more stops the run. */
export function changedSources(current: () => readonly SourceChange[]): Plugin {
  let root = '';
  return {
    name: 'changed-sources',
    enforce: 'pre',
    configResolved: (config) => {
      ({ root } = config);
    },
    transform: (text, id) => {
      const changes = current().filter(({ file }) => id.split('?')[0] === join(root, file));
      return changes.length === 0 ? null : { code: changes.reduce(change, text), map: null };
    },
  };
}

function change(text: string, { file, from, to }: SourceChange): string {
  const parts = text.split(from);
  if (parts.length === 2) return parts.join(to);
  throw new Error(`${file} holds this ${parts.length - 1} times, not once; fit the change to it:\n${from}`);
}
