import { packValue, prefixEnd, sleep, unpackValue } from "@firn/core";
import type { Entry, Transaction } from "@firn/core";
import { bucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { isDeleteMarker, unpackBucket } from "../layout/records.ts";
import type { BucketRecord, ObjectRecord } from "../layout/records.ts";
import { headIn } from "../object-heads.ts";
import { keyReads, versionIn } from "../object-versions.ts";
import { noteEvent } from "./outbox.ts";

/**
 * That a restored copy is there is no transaction: the clock says so (decision 0018). Who wants to
 * know is told by one that waits in the outbox, behind all destinations, which are ARNs:
 *
 *     ~ <when, 14 hex digits> <lsn, 14 hex digits>   ->   the version
 *
 * and becomes an event when its time has come, if the version is there then and was not hastened.
 */

interface DueNotice {
  readonly bucket: string;
  readonly space: BucketRecord["space"];
  readonly key: string;
  readonly versionId: string;
  readonly readyAt: number;
}

const FIRST = Buffer.from("~");

/** In the transaction that begins a restore. Costs nothing where nobody wants to know. */
export function noteRestore(
  tx: Transaction,
  engine: Engine,
  {
    bucketName,
    bucket,
    key,
    record,
  }: {
    readonly bucketName: string;
    readonly bucket: BucketRecord;
    readonly key: string;
    readonly record: ObjectRecord;
  },
): void {
  const { restore, versionId } = record;
  if (bucket.notifications === undefined || restore === undefined) return;
  const { readyAt } = restore;
  const notice: DueNotice = { bucket: bucketName, space: bucket.space, key, versionId, readyAt };
  const place = Buffer.from(`~${digits(readyAt)}${digits(tx.lsn)}`);
  tx.put(engine.outbox, place, packValue(notice));
  engine.bell.ring();
}

function digits(value: number): string {
  return value.toString(16).padStart(14, "0");
}

/** Turns what has come due into events, for as long as the store is open. */
export class RestoreNotices {
  readonly #engine: Engine;
  readonly #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  start(): void {
    // What stands in its way (a failed store) stands in everybody's; the next opening goes on.
    this.#work = this.#run().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { bell, store } = this.#engine;
    while (!signal.aborted) {
      // Before it is looked: what comes in between rings.
      const nap = new AbortController();
      const rung = bell.wait(AbortSignal.any([signal, nap.signal]));
      const entry = await this.#first();
      const waitMs = entry === undefined ? Infinity : dueOf(entry) - store.clock.now();
      if (entry !== undefined && waitMs <= 0) await this.#tell(entry);
      else if (waitMs === Infinity) await rung;
      else await Promise.race([rung, this.#sleep(waitMs, nap.signal)]);
      nap.abort();
    }
  }

  #sleep(waitMs: number, signal: AbortSignal): Promise<void> {
    return sleep(this.#engine.store.clock, waitMs, signal).catch(() => undefined);
  }

  /** In a transaction, which sees what is pending and answers when that is durable. */
  async #first(): Promise<Entry | undefined> {
    const { store, outbox } = this.#engine;
    const page = { gte: FIRST, lt: prefixEnd(FIRST), limit: 1 };
    const found = await store.transact((tx) => tx.range(outbox, page), {
      ranges: [[outbox, page]],
    });
    return found[0];
  }

  async #tell(entry: Entry): Promise<void> {
    const { store, root, outbox } = this.#engine;
    const notice = unpackValue<DueNotice>(entry.value);
    const name = bucketKey(notice.bucket);
    const known = await store.get(root, name);
    const bucket = known === undefined ? undefined : unpackBucket(known);
    const { reads, ranges } =
      bucket?.space === notice.space
        ? keyReads(bucket, notice.key, notice.versionId)
        : { reads: [], ranges: [] };
    await store.transact(
      (tx) => {
        tx.delete(outbox, entry.key);
        const bytes = tx.get(root, name);
        const now = bytes === undefined ? undefined : unpackBucket(bytes);
        if (now?.space === notice.space) this.#noteReady(tx, now, notice);
      },
      { reads: [[root, name], ...reads], ranges },
    );
  }

  #noteReady(tx: Transaction, bucket: BucketRecord, notice: DueNotice): void {
    const { key, versionId, readyAt, bucket: bucketName } = notice;
    const state = { bucket, key, current: headIn(tx, bucket.space, key) };
    const record = versionIn(tx, state, versionId);
    if (record === undefined || isDeleteMarker(record)) return;
    const { restore, size, etag, storageClass } = record;
    if (restore?.readyAt !== readyAt) return;
    const restored = { expiresAt: restore.expiresAt, storageClass };
    const what = { bucketName, bucket, key, size, etag, versionId, restored };
    noteEvent(tx, this.#engine, { name: "s3:ObjectRestore:Completed", ...what });
  }
}

function dueOf({ value }: Entry): number {
  return unpackValue<DueNotice>(value).readyAt;
}
