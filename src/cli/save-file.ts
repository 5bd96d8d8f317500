import { open, rename, rm } from 'node:fs/promises';
import { UsageError } from './cli-errors.js';
import { reasonOf } from './input-file.js';
import { FAILURE_TEXT } from './text/general-text.js';

/**
 * Writes pieces to a file that appears when it is complete; what was there before stays until then. Readable by its
 * owner only: it holds members. Answers its size in bytes.
 * @throws UsageError when the file cannot be written; what the pieces throw, with nothing left behind.
 */
export async function saveFile(file: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const draft = `${file}.part`;
  const handle = await open(draft, 'w', 0o600).catch((error: unknown) => {
    throw new UsageError(FAILURE_TEXT.fileWrite(file, reasonOf(error)));
  });
  try {
    let sizeBytes = 0;
    for await (const piece of pieces) {
      await handle.write(piece);
      sizeBytes += piece.length;
    }
    await handle.sync();
    await handle.close();
    await rename(draft, file);
    return sizeBytes;
  } catch (error) {
    await handle.close().catch(() => undefined); // closed already when only the renaming failed
    await rm(draft, { force: true });
    throw error;
  }
}
