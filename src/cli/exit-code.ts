/** What the shell is told; docs/CLI.md lists them. Public: never renumbered. */
export const EXIT_CODES = {
  ok: 0,
  /** The server refused, or a check found a difference. */
  refused: 1,
  /** The command line is wrong; nothing was asked of the server. */
  usage: 2,
  /** No server answers, or something else does. */
  unreachable: 3,
  /** A key is missing, unknown, or lacks the scope. */
  notAllowed: 4,
  /** The server cannot do it now or met a fault; the same command may succeed later. */
  tryLater: 5,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
