import { FirnError, prefixEnd } from "@firn/core";
import type { BlobId, Entry, ReadView, StagedBlob, Transaction } from "@firn/core";
import { CLOSED } from "../access/bucket-access.ts";
import { checkFree, placeBucket, placeReads } from "../buckets.ts";
import { INDEXED_RECORD_BYTES, READ_ATTEMPTS_MAX } from "../constants.ts";
import { restoringBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import {
  behindKey,
  headKey,
  headKeys,
  manifestKey,
  nullOrderKey,
  versionKeys,
} from "../layout/key-layout.ts";
import {
  isDeleteMarker,
  packBucket,
  packManifest,
  packObject,
  unpackManifest,
  unpackVersion,
} from "../layout/records.ts";
import type { BucketRecord, ObjectPart, ObjectRecord } from "../layout/records.ts";
import { checkBucketName } from "../names/bucket-name.ts";
import { noteMore } from "../quota/bucket-quota.ts";
import { removeRemains } from "./restore-remains.ts";
import type { RestoreBucketRequest, RestoreBucketResult } from "./rewind-types.ts";
import { pastMoment } from "./rewind-window.ts";

/** Records that are read at once, and written in one transaction when their bytes are shared. */
const PAGE_RECORDS = 100;
/** Parts of one transaction: each is a reference more. One record may have more by itself. */
const BATCH_PARTS_MAX = 1000;

interface Restoring {
  readonly engine: Engine;
  readonly view: ReadView;
  readonly source: BucketRecord;
  readonly target: BucketRecord;
  readonly counts: { versionCount: number; bytesCopied: number };
  /** Of objects, for quotas. */
  readonly held: { bytes: number; objects: number };
}

/**
 * Makes another bucket of what a bucket was. Records are written anew, and what objects hold is
 * shared with the source, where it holds it still; what it has let go of since is copied. Its
 * configurations stay behind: a lifecycle or a policy of then would act now.
 *
 * Many transactions write it under no name, and the last one names it: until then there is no such
 * bucket. What a crash leaves is removed when the store is opened next (`restore-remains.ts`), what
 * an error leaves at once.
 *
 * @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME, FIRN_BUCKET_EXISTS, FIRN_BUCKET_OWNED,
 * FIRN_BUCKET_STATE_INVALID while it is being restored, FIRN_ACCOUNT_QUOTA.
 */
export async function restoreBucket(
  engine: Engine,
  request: RestoreBucketRequest,
): Promise<RestoreBucketResult> {
  const { targetBucket: bucket } = request;
  checkBucketName(bucket);
  const { bucket: source, lsn } = await pastMoment(engine, request);
  if (engine.restoring.has(bucket)) throw underWayError(bucket);
  engine.restoring.add(bucket);
  try {
    using view = engine.store.viewAt(lsn);
    await removeRemains(engine, bucket);
    const target = await beginTarget(engine, bucket, source);
    const [counts, held] = [
      { versionCount: 0, bytesCopied: 0 },
      { bytes: 0, objects: 0 },
    ];
    const restoring = { engine, view, source, target, counts, held };
    await restoreAll(restoring, request);
    await nameTarget(restoring, bucket);
    return counts;
  } catch (error) {
    // What stands in its way (a failed store) stays for the next opening.
    await removeRemains(engine, bucket).catch(() => undefined);
    throw error;
  } finally {
    engine.restoring.delete(bucket);
  }
}

async function restoreAll(restoring: Restoring, request: RestoreBucketRequest): Promise<void> {
  const { view, source } = restoring;
  const { signal, prefix = "" } = request;
  for (const keys of [headKeys, versionKeys]) {
    let from = keys.prefix(prefix);
    const lt = prefixEnd(from);
    for (;;) {
      throwIfAborted(signal);
      const page = await view.page(source.space, { gte: from, lt, limit: PAGE_RECORDS });
      await restorePage(restoring, page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_RECORDS) break;
      from = behindKey(last.key);
    }
  }
}

/** A bucket without a name. */
async function beginTarget(
  engine: Engine,
  bucket: string,
  { versioning, lock, region, owner }: BucketRecord,
): Promise<BucketRecord> {
  const { root, store } = engine;
  return await store.transact(
    (tx) => {
      checkFree(engine, tx, { bucket, owner });
      const space = tx.createKeySpace({ indexedValueBytes: INDEXED_RECORD_BYTES });
      const state = { owner, region, created: tx.now, space, versioning, lock };
      const objectOwnership = "BucketOwnerEnforced";
      const made: BucketRecord = { ...state, objectOwnership, publicAccessBlock: CLOSED };
      tx.put(root, restoringBucketKey(bucket), packBucket(made));
      return made;
    },
    { reads: placeReads(engine, { bucket, owner }) },
  );
}

async function nameTarget({ engine, target, held }: Restoring, bucket: string): Promise<void> {
  const { root, store } = engine;
  const { owner } = target;
  await store.transact(
    (tx) => {
      checkFree(engine, tx, { bucket, owner });
      const made = placeBucket(engine, tx, { bucket, made: { ...target, created: tx.now } });
      noteMore(tx, made, held);
      tx.delete(root, restoringBucketKey(bucket));
    },
    { reads: placeReads(engine, { bucket, owner }) },
  );
}

function underWayError(bucket: string): Error {
  const text = "The bucket is being restored. Please try again later.";
  return objectError("FIRN_BUCKET_STATE_INVALID", text, { detail: { bucket } });
}

async function restorePage(restoring: Restoring, page: readonly Entry[]): Promise<void> {
  let batch: Restored[] = [];
  let parts = 0;
  for (const entry of page) {
    const restored = await planEntry(restoring, entry);
    if (parts + restored.parts.length > BATCH_PARTS_MAX) {
      await commit(restoring, batch);
      [batch, parts] = [[], 0];
    }
    batch.push(restored);
    parts += restored.parts.length;
  }
  await commit(restoring, batch);
}

interface Restored {
  readonly entry: Entry;
  /** `undefined`: a delete marker, written as it was. */
  readonly record: ObjectRecord | undefined;
  readonly parts: readonly ObjectPart[];
  /** The version lies among the older ones and is the null version: its order is written too. */
  readonly nullOrder: readonly [key: Uint8Array, value: Uint8Array] | undefined;
}

async function planEntry({ view, source }: Restoring, entry: Entry): Promise<Restored> {
  const version = unpackVersion(entry.value);
  const isHead = entry.key[0] === headKey("")[0];
  const nullOrder = isHead ? undefined : await nullOrderOf(view, source, entry, version.versionId);
  if (isDeleteMarker(version)) return { entry, record: undefined, parts: [], nullOrder };
  const { manifestId } = version;
  const manifest =
    manifestId === undefined ? undefined : await view.get(source.space, manifestKey(manifestId));
  const parts = manifest === undefined ? version.parts : unpackManifest(manifest);
  return { entry, record: version, parts, nullOrder };
}

async function nullOrderOf(
  view: ReadView,
  { space }: BucketRecord,
  { key }: Entry,
  versionId: string,
): Promise<Restored["nullOrder"]> {
  if (versionId !== "null") return undefined;
  const orderKey = nullOrderKey(versionKeys.name(key));
  const value = await view.get(space, orderKey);
  return value === undefined ? undefined : [orderKey, value];
}

/**
 * What somebody holds now may be let go of before the transaction: then it is looked at again, and
 * copied.
 */
async function commit(restoring: Restoring, batch: readonly Restored[]): Promise<void> {
  const { engine, target, counts, held } = restoring;
  for (let attempt = 1; ; attempt++) {
    const copies = new Map<BlobId, StagedBlob[]>();
    try {
      for (const { parts } of batch) await stageGone(restoring, parts, copies);
      await engine.store.transact((tx) => {
        const left = new Map([...copies].map(([id, staged]) => [id, [...staged]]));
        for (const restored of batch) write(tx, target, { restored, copies: left });
      });
      counts.versionCount += batch.length;
      const objects = batch.flatMap(({ record }) => (record === undefined ? [] : [record]));
      held.objects += objects.length;
      for (const { size } of objects) held.bytes += size;
      for (const { bytes } of [...copies.values()].flat()) counts.bytesCopied += bytes;
      return;
    } catch (error) {
      for (const staged of [...copies.values()].flat()) engine.store.blobs.discard(staged);
      const isGone = error instanceof FirnError && error.code === "FIRN_BLOB_NOT_FOUND";
      if (!isGone || attempt === READ_ATTEMPTS_MAX) throw error;
    }
  }
}

/** One copy for each time that a blob is named: each is a blob of its own. */
async function stageGone(
  { engine, view }: Restoring,
  parts: readonly ObjectPart[],
  copies: Map<BlobId, StagedBlob[]>,
): Promise<void> {
  const { blobs } = engine.store;
  for (const { blob } of parts) {
    if (!copies.has(blob) && (await isHeld(engine, blob))) continue;
    const staged = await blobs.stage(blobs.read(blob, { view }));
    copies.set(blob, [...(copies.get(blob) ?? []), staged]);
  }
}

async function isHeld({ store }: Engine, blob: BlobId): Promise<boolean> {
  try {
    await store.blobs.size(blob);
    return true;
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_BLOB_NOT_FOUND") return false;
    throw error;
  }
}

interface Writing {
  readonly restored: Restored;
  readonly copies: Map<BlobId, StagedBlob[]>;
}

function write(tx: Transaction, { space }: BucketRecord, { restored, copies }: Writing): void {
  const { entry, record, nullOrder } = restored;
  if (nullOrder !== undefined) tx.put(space, ...nullOrder);
  if (record === undefined) {
    tx.put(space, entry.key, entry.value);
    return;
  }
  const parts = restored.parts.map((part) => ({ ...part, blob: heldIn(tx, part.blob, copies) }));
  const { manifestId } = record;
  if (manifestId !== undefined) tx.put(space, manifestKey(manifestId), packManifest(parts));
  const inline = manifestId === undefined ? parts : [];
  tx.put(space, entry.key, packObject({ ...record, parts: inline }));
}

function heldIn(tx: Transaction, blob: BlobId, copies: Map<BlobId, StagedBlob[]>): BlobId {
  const staged = copies.get(blob)?.shift();
  if (staged !== undefined) return tx.attachBlob(staged);
  tx.retainBlob(blob);
  return blob;
}
