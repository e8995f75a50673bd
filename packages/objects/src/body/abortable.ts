import { objectError, throwIfAborted } from "../errors.ts";

/**
 * What the work gives, unless the signal fires before: then it throws at once, even while the work
 * hangs.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(
        objectError("FIRN_OBJECTS_ABORTED", "The call was aborted.", { cause: signal.reason }),
      );
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
    };
    work.then(resolve, reject).finally(settle);
  });
}

/**
 * The same chunks until the signal fires: then the iteration throws at once, even while the source
 * hangs, and the source is told to end.
 */
export function abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  return signal === undefined ? source : { [Symbol.asyncIterator]: () => watched(source, signal) };
}

async function* watched(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const iterator = source[Symbol.asyncIterator]();
  // A promise for each chunk. Racing with one that lives as long as the body would keep every
  // chunk in memory: a race stays registered with the loser.
  let giveUp: (reason: Error) => void = () => undefined;
  const onAbort = (): void => {
    giveUp(objectError("FIRN_OBJECTS_ABORTED", "The call was aborted.", { cause: signal.reason }));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    while (!ended) {
      throwIfAborted(signal);
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        iterator.next().then(resolve, reject);
      });
      ended = next.done === true;
      if (next.done !== true) yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a source that hangs would never let go.
    if (!ended) void iterator.return?.()?.catch(() => undefined);
  }
}
