import { FirnError, prefixEnd } from "@firn/core";
import type { BlobId, Entry, ReadView, StagedBlob, Transaction } from "@firn/core";
import { createBucket } from "../buckets.ts";
import { changeBucket } from "../change-bucket.ts";
import { READ_ATTEMPTS_MAX } from "../constants.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { throwIfAborted } from "../errors.ts";
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
  packManifest,
  packObject,
  unpackManifest,
  unpackVersion,
} from "../layout/records.ts";
import type { BucketRecord, ObjectPart, ObjectRecord } from "../layout/records.ts";
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
}

/**
 * Makes another bucket of what a bucket was. Records are written anew, and what objects hold is
 * shared with the source, where it holds it still; what it has let go of since is copied. Its
 * configurations stay behind: a lifecycle or a policy of then would act now.
 *
 * Not one transaction: a crash leaves a part of the new bucket.
 *
 * @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME, FIRN_BUCKET_EXISTS, FIRN_BUCKET_OWNED.
 */
export async function restoreBucket(
  engine: Engine,
  request: RestoreBucketRequest,
): Promise<RestoreBucketResult> {
  const { targetBucket: bucket, signal, prefix = "" } = request;
  const { bucket: source, lsn } = await pastMoment(engine, request);
  using view = engine.store.viewAt(lsn);
  const target = await makeTarget(engine, source, { bucket, signal });
  const counts = { versionCount: 0, bytesCopied: 0 };
  const restoring = { engine, view, source, target, counts };
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
  return counts;
}

async function makeTarget(
  engine: Engine,
  { versioning, lock, region, owner }: BucketRecord,
  request: { readonly bucket: string; readonly signal: AbortSignal | undefined },
): Promise<BucketRecord> {
  const owned = { ...engine, scope: { ...engine.scope, accountId: owner } };
  await createBucket(owned, { ...request, region });
  await changeBucket(owned, request, (made) => ({ ...made, versioning, lock }));
  return await findBucket(owned, request);
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
  const { engine, target, counts } = restoring;
  for (let attempt = 1; ; attempt++) {
    const copies = new Map<BlobId, StagedBlob[]>();
    try {
      for (const { parts } of batch) await stageGone(restoring, parts, copies);
      await engine.store.transact((tx) => {
        const left = new Map([...copies].map(([id, staged]) => [id, [...staged]]));
        for (const restored of batch) write(tx, target, { restored, copies: left });
      });
      counts.versionCount += batch.length;
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
