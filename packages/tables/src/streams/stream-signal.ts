import type { Scope } from "../catalog/table-record.ts";

/** Which table's streams somebody waits for. */
export interface SignalName {
  readonly scope: Scope;
  readonly tableName: string;
}

interface Waiters {
  /** Counts signals: whoever looked before one need not wait for the next. */
  count: number;
  readonly wake: Set<() => void>;
}

/** Wakes the consumers of a table's streams when there are new records. In memory only. */
export class StreamSignal {
  readonly #tables = new Map<string, Waiters>();

  /** To be called when records are durable. Costs a look-up, and nothing without consumers. */
  notify(name: SignalName): void {
    if (this.#tables.size === 0) return;
    const waiters = this.#tables.get(keyOf(name));
    if (waiters === undefined) return;
    waiters.count++;
    for (const wake of waiters.wake) wake();
    waiters.wake.clear();
  }

  /** From now on signals are counted; returns how to wait for one, and how to end. */
  listen(name: SignalName): StreamListener {
    const key = keyOf(name);
    const waiters = this.#tables.get(key) ?? { count: 0, wake: new Set<() => void>() };
    this.#tables.set(key, waiters);
    const close = (): void => void this.#tables.delete(key);
    return {
      count: () => waiters.count,
      async changed(since, signal) {
        if (waiters.count !== since) return;
        await new Promise<void>((resolve) => {
          const done = (): void => {
            signal.removeEventListener("abort", done);
            waiters.wake.delete(done);
            resolve();
          };
          signal.addEventListener("abort", done, { once: true });
          waiters.wake.add(done);
          if (signal.aborted) done();
        });
      },
      close,
    };
  }
}

export interface StreamListener {
  count(): number;
  /** Resolves at the first signal behind that count, at once when it is past; or at the abort. */
  changed(since: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

function keyOf({ scope, tableName }: SignalName): string {
  return `${scope.accountId}/${scope.region}/${tableName}`;
}
