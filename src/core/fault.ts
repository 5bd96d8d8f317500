/** What a log may say of an error that is not meant for callers. */
export interface Fault {
  /** Class of the error; the text too where it is an assertion of ours, which never holds a value of a person. */
  readonly errorName: string;
  readonly errorCode: string | undefined;
  readonly frames: readonly string[];
}

const MAX_FRAMES = 12;

/** Where something broke, without the text that other people's errors carry: it may hold what was being worked on. */
export function describeFault(error: unknown): Fault {
  const fault = error instanceof Error ? error : new Error('a value that is no error was thrown');
  const frames = (fault.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    errorName: fault.message.startsWith('Broken invariant') ? fault.message : fault.name,
    errorCode: 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined,
    frames: frames.slice(0, MAX_FRAMES).map((line) => line.trim()),
  };
}
