/** Longest delay that a timer takes: it never fires in between. */
const FOR_EVER_MS = 2 ** 31 - 1;

/**
 * Keeps the process alive until the returned call: background timers do not, and whoever awaits
 * work that waits for them would see the process end.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => undefined, FOR_EVER_MS);
  return () => clearInterval(timer);
}
