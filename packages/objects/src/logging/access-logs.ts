import { FirnError, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { Entry } from "@firn/core";
import {
  ACCESS_LINES_BYTES_MAX,
  ACCESS_LOG_BYTES_MAX,
  ACCESS_LOG_DELIVERY_MS,
  ACCESS_LOG_NOTE_MS,
} from "../constants.ts";
import { bucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { newId } from "../ids.ts";
import { unpackBucket } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import { putObject } from "../put-object.ts";

/**
 * Lines about requests become objects in three steps. They gather in memory for a second; then one
 * transaction keeps them, in a key space of their own:
 *
 *     <bucket> 00 <lsn, 14 hex digits>   ->   when, and the lines
 *
 * and every five minutes of the store's time what is kept of a bucket is written as objects of its
 * target, and forgotten. So a crash loses the lines of the last second at most, as S3's own logs
 * may, and so does a store that takes no writes; and some may be delivered twice.
 */
export class AccessLogs {
  readonly #engine: Engine;
  readonly #lines = new Map<string, string[]>();
  #bytes = 0;
  #cancelNote: (() => void) | undefined;
  #cancelDelivery: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** For what a closed store has left behind, and from now on. */
  start(): void {
    this.#armDelivery();
  }

  /** Takes a line, without its end, about a request to a bucket. */
  note(bucket: string, line: string): void {
    if (this.#stopped) return;
    const lines = this.#lines.get(bucket) ?? [];
    this.#lines.set(bucket, lines);
    lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= ACCESS_LINES_BYTES_MAX) void this.#keepOrLose();
    else {
      this.#cancelNote ??= this.#engine.store.clock.schedule(ACCESS_LOG_NOTE_MS, () => {
        void this.#keepOrLose();
      });
    }
  }

  /** Keeps and delivers everything that was noted before, now. */
  async flush(): Promise<void> {
    await this.#keepSoon();
    await this.#inTurn(() => this.#deliver());
  }

  /** What was noted is kept; the next store to be opened delivers it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelDelivery?.();
    await this.#keepOrLose();
  }

  #armDelivery(): void {
    if (this.#stopped) return;
    this.#cancelDelivery = this.#engine.store.clock.schedule(ACCESS_LOG_DELIVERY_MS, () => {
      void this.flush().then(
        () => this.#armDelivery(),
        () => this.#armDelivery(),
      );
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    // What stood in its way (a full disk) stands in everybody's: the next one tries again.
    this.#work = done.catch(() => undefined);
    return done;
  }

  /** Nobody waits for these lines: a full disk or a failed store is told to those who write. */
  #keepOrLose(): Promise<void> {
    return this.#keepSoon().catch(() => undefined);
  }

  #keepSoon(): Promise<void> {
    this.#cancelNote?.();
    this.#cancelNote = undefined;
    return this.#inTurn(() => this.#keep());
  }

  async #keep(): Promise<void> {
    if (this.#bytes === 0) return;
    const noted = [...this.#lines];
    this.#lines.clear();
    this.#bytes = 0;
    const { store, accessLog } = this.#engine;
    await store.transact((tx) => {
      const place = tx.lsn.toString(16).toUpperCase().padStart(14, "0");
      for (const [bucket, lines] of noted) {
        const kept: KeptLines = [tx.now, `${lines.join("\n")}\n`];
        tx.put(accessLog, Buffer.from(`${bucket}\u0000${place}`), packValue(kept));
      }
    });
  }

  async #deliver(): Promise<void> {
    const { store, accessLog } = this.#engine;
    let gt: Uint8Array | undefined;
    for (;;) {
      using view = store.view();
      const [first] = await view.page(accessLog, { ...(gt && { gt }), limit: 1 });
      if (first === undefined) return;
      const bucket = bucketOf(first);
      const all = Buffer.from(`${bucket}\u0000`);
      await this.#deliverBucket(bucket, { gte: all, lt: prefixEnd(all) });
      gt = Buffer.concat([all, Buffer.alloc(8, 0xff)]);
    }
  }

  async #deliverBucket(
    name: string,
    range: { readonly gte: Uint8Array; readonly lt: Uint8Array | undefined },
  ): Promise<void> {
    const { store, root, accessLog } = this.#engine;
    using view = store.view();
    const bytes = await view.get(root, bucketKey(name));
    const bucket = bytes === undefined ? undefined : unpackBucket(bytes);
    let batch: Entry[] = [];
    let size = 0;
    for await (const entry of view.range(accessLog, range)) {
      batch.push(entry);
      size += entry.value.length;
      if (size < ACCESS_LOG_BYTES_MAX) continue;
      await this.#write(name, bucket, batch);
      [batch, size] = [[], 0];
    }
    if (batch.length > 0) await this.#write(name, bucket, batch);
  }

  /** One object, and then the lines in it are forgotten: those of no use any more at once. */
  async #write(name: string, bucket: BucketRecord | undefined, kept: Entry[]): Promise<void> {
    const { store, accessLog } = this.#engine;
    if (bucket?.logging !== undefined) await this.#putLog(name, bucket, kept);
    await store.transact((tx) => {
      for (const { key } of kept) tx.delete(accessLog, key);
    });
  }

  async #putLog(name: string, bucket: BucketRecord, kept: readonly Entry[]): Promise<void> {
    const { logging } = bucket;
    if (logging === undefined) return;
    const batches = kept.map(({ value }) => unpackValue<KeptLines>(value));
    const key = this.#keyOf(name, bucket, batches[0]?.[0] ?? 0);
    const body = Buffer.from(batches.map(([, lines]) => lines).join(""));
    const to = { bucket: logging.targetBucket, key, expectedBucketOwner: bucket.owner };
    try {
      await putObject(this.#engine, { ...to, body, contentType: "text/plain" });
    } catch (error) {
      // A store that takes no writes now may take them later. A target that is gone, somebody
      // else's, or at its quota takes these lines never: nobody waits for them any more.
      if (!(error instanceof FirnError) || error.kind === "unavailable") throw error;
    }
  }

  #keyOf(name: string, { logging, owner, region }: BucketRecord, eventMs: number): string {
    const { targetPrefix = "", keyFormat = "simple" } = logging ?? {};
    const now = new Date(this.#engine.store.clock.now()).toISOString();
    const unique = newId(this.#engine).slice(0, 16).toUpperCase();
    const stamp = (time: string): string => time.slice(0, 19).replaceAll(/[T:]/g, "-");
    if (keyFormat === "simple") return `${targetPrefix}${stamp(now)}-${unique}`;
    // By events a log is named after the day alone.
    const isByEvent = keyFormat === "event";
    const time = isByEvent ? new Date(eventMs).toISOString() : now;
    const day = time.slice(0, 10).replaceAll("-", "/");
    const named = isByEvent ? `${time.slice(0, 10)}-00-00-00` : stamp(now);
    return `${targetPrefix}${owner}/${region}/${name}/${day}/${named}-${unique}`;
  }
}

/** When the first of them was noted, and lines with their ends. */
type KeptLines = [noted: number, lines: string];

function bucketOf({ key }: Entry): string {
  return Buffer.from(key.subarray(0, key.indexOf(0))).toString();
}
