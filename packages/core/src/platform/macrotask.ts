/** Runs `callback` behind everything that is ready now: what one tick queues becomes one group. */
export function macrotask(callback: () => void): void {
  setImmediate(callback);
}

/** Lets everything that is ready run before the caller goes on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => macrotask(resolve));
}
