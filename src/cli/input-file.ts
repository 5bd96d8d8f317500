import { readFileSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import type { CliContext } from './cli-context.js';
import { UsageError } from './cli-errors.js';
import { FAILURE_TEXT } from './text/general-text.js';

/** The whole text of a small file, or of stdin for `-`. @throws UsageError when it cannot be read. */
export async function readTextFile({ stdin }: Pick<CliContext, 'stdin'>, file: string): Promise<string> {
  if (file === '-') return readText(stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(FAILURE_TEXT.file(file, reasonOf(error)));
  }
}

/** A JSON object out of a file, or stdin for `-`. @throws UsageError */
export async function readJsonFile(context: Pick<CliContext, 'stdin'>, file: string): Promise<Record<string, unknown>> {
  const text = await readTextFile(context, file);
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  } catch {
    // said below, like a document of another kind
  }
  throw new UsageError(FAILURE_TEXT.json(file));
}

/** `ENOENT` and the like. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
