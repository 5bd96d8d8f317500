import { createReadStream } from 'node:fs';
import { access, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RejectFiles } from '../../membership/import/import-jobs.js';

/** Files of refused rows in a folder of their own, readable by us alone. */
export function rejectFolder(folder: string): RejectFiles {
  const pathOf = (jobId: number): string => join(folder, `import-${jobId}-rejects.csv`);
  return {
    open: async (jobId) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(pathOf(jobId), 'w', 0o600);
      return {
        append: async (text) => {
          await file.appendFile(text, 'utf8');
        },
        close: () => file.close(),
      };
    },
    read: async (jobId) => {
      const isThere = await access(pathOf(jobId)).then(
        () => true,
        () => false,
      );
      return isThere ? createReadStream(pathOf(jobId)) : undefined;
    },
    removeAll: () => rm(folder, { recursive: true, force: true }),
  };
}
