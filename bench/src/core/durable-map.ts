/**
 * What every contender of the core benchmark is: an ordered map whose puts survive a power loss.
 */
export interface DurableMap {
  /** Resolves after the pair is durable. */
  put(key: Buffer, value: Buffer): Promise<void>;
  /** Reads the key, then puts it, as one step where the store can. */
  readonly readThenPut?: ((key: Buffer, value: Buffer) => Promise<void>) | undefined;
  /** Length of the value, the way its fastest user would ask. */
  readonly get?: ((key: Buffer) => Promise<number | undefined> | number | undefined) | undefined;
  /** Reads `count` pairs from `key` on; returns how many there were. */
  readonly page?: ((key: Buffer, count: number) => Promise<number>) | undefined;
  /** Bytes of the log that the index has still to follow, where there is such a thing. */
  readonly lagBytes?: (() => Promise<number>) | undefined;
  close(): Promise<void>;
}

export type OpenDurableMap = (directory: string) => Promise<DurableMap>;

export interface Pair {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Group commit for a store that has none: everything that queued while the last durable write ran
 * goes into the next one. The same for every rival, and what Firn's own log does.
 */
export class GroupedPuts implements DurableMap {
  readonly get: DurableMap["get"];
  readonly page: DurableMap["page"];
  readonly #write: (group: readonly Pair[]) => Promise<void>;
  readonly #close: () => Promise<void>;
  #queue: Pair[] = [];
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    write: (group: readonly Pair[]) => Promise<void>,
    close: () => Promise<void>,
    reads: Pick<DurableMap, "get" | "page"> = {},
  ) {
    this.#write = write;
    this.#close = close;
    this.get = reads.get;
    this.page = reads.page;
  }

  async readThenPut(key: Buffer, value: Buffer): Promise<void> {
    await this.get?.(key);
    await this.put(key, value);
  }

  put(key: Buffer, value: Buffer): Promise<void> {
    this.#queue.push({ key, value });
    this.#next ??= this.#running.then(() => this.#flush());
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#next;
    await this.#close();
  }

  #flush(): Promise<void> {
    const group = this.#queue;
    this.#queue = [];
    this.#next = undefined;
    this.#running = this.#write(group);
    return this.#running;
  }
}
