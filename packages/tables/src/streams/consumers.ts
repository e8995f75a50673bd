import { encodeKey, packValue, unpackValue } from "@firn/core";
import type { KeySpaceId, Store } from "@firn/core";
import { STREAM_RETENTION_MS } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { tableError } from "../errors.ts";
import type { StreamPosition } from "./change-record.ts";
import { readStreams } from "./read-streams.ts";
import type { StreamRecord } from "./stream-requests.ts";

export interface ConsumeRequest {
  readonly tableName: string;
  /** Each consumer of a table has a name, and a place of its own in the stream. */
  readonly consumer: string;
  /** Where a consumer begins that was never there before. Default TRIM_HORIZON. */
  readonly from?: "TRIM_HORIZON" | "LATEST" | undefined;
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal | undefined;
}

/** What a consumer gets at a time: up to 100 records, at least one. */
export interface ChangeBatch {
  /** In the order of commits, through all shards. */
  readonly records: readonly StreamRecord[];
  /** Records before these were not read within 24 hours, and may be gone. */
  readonly missed: boolean;
}

/**
 * Readers of a table's streams in this process, with a place that outlives it. At least once: a
 * batch counts as done when the next one is asked for, and its end is durable before that one is
 * handed out; what was under way when the process ended comes again.
 */
export class Consumers {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #running = new Set<string>();
  readonly #stopping = new AbortController();

  private constructor(store: Store, space: KeySpaceId) {
    this.#store = store;
    this.#space = space;
  }

  static async open(store: Store): Promise<Consumers> {
    return new Consumers(store, await store.openKeySpace("tables.consumers"));
  }

  /**
   * Waits for records, of streams that the table has now or later. Ends with the signal or the
   * engine. @throws FIRN_TABLE_IN_USE when a consumer of that name is running.
   */
  async *consume(context: EngineContext, request: ConsumeRequest): AsyncGenerator<ChangeBatch> {
    const { scope, streamSignal } = context;
    const { tableName, consumer } = request;
    const key = encodeKey(scope.accountId, scope.region, tableName, consumer);
    const name = Buffer.from(key).toString("latin1");
    if (this.#running.has(name)) {
      throw tableError("FIRN_TABLE_IN_USE", `Consumer is running: ${consumer} of ${tableName}`);
    }
    const signal = AbortSignal.any([
      this.#stopping.signal,
      ...(request.signal ? [request.signal] : []),
    ]);
    const listener = streamSignal.listen({ scope, tableName });
    this.#running.add(name);
    try {
      let position = await this.#begin(key, request);
      let missed = false;
      while (!signal.aborted) {
        const seen = listener.count();
        const page = await readPage(context, tableName, position);
        position = page.next;
        missed ||= page.missed;
        if (page.records.length > 0) {
          yield { records: page.records, missed };
          missed = false;
        }
        // Where nothing was, nothing needs to be remembered.
        if (page.atEnd) await listener.changed(seen, signal);
        else await this.#save(key, position);
      }
    } finally {
      this.#running.delete(name);
      listener.close();
    }
  }

  /** Ends all iterations. */
  stop(): void {
    this.#stopping.abort();
  }

  async #begin(key: Uint8Array, { from }: ConsumeRequest): Promise<StreamPosition> {
    const known = await this.#store.get(this.#space, key);
    if (known !== undefined) return unpackValue<StreamPosition>(known);
    const lsn = from === "LATEST" ? this.#store.durableLsn + 1 : 0;
    const position = { lsn, ordinal: 0 };
    await this.#save(key, position);
    return position;
  }

  async #save(key: Uint8Array, { lsn, ordinal }: StreamPosition): Promise<void> {
    await this.#store.transact((tx) => tx.put(this.#space, key, packValue({ lsn, ordinal })));
  }
}

async function readPage(
  context: EngineContext,
  tableName: string,
  position: StreamPosition,
): ReturnType<typeof readStreams> {
  const view = context.store.view();
  try {
    const horizonMs = context.store.clock.now() - STREAM_RETENTION_MS;
    return await readStreams(context, view, { tableName, position, horizonMs });
  } finally {
    view.close();
  }
}
