/** Longer than any process waits; it never fires to any effect. */
const FOREVER_MS: number = 2 ** 31 - 1;

/**
 * Runs what somebody awaits and keeps the process alive meanwhile: timers alone do not, so that a
 * store with nothing to do is no reason to go on, and pacing waits for timers.
 */
export async function keepAlive<T>(run: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, FOREVER_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}
