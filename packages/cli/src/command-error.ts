/**
 * 0 success, 1 the command found or met a problem, 2 wrong usage, 3 the store or the port is not
 * to be had.
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** Ends a command with one clear sentence on standard error. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
