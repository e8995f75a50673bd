/** Runs `callback` behind everything that is ready now: what one tick queues becomes one group. */
export function macrotask(callback: () => void): void {
  setImmediate(callback);
}
