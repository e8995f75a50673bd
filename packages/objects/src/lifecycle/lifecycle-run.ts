import type { Entry, Transaction } from "@firn/core";
import { FirnError, prefixEnd } from "@firn/core";
import { bucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import type { FoundObject } from "../find-object.ts";
import { partsOf } from "../get-object.ts";
import {
  headKey,
  headKeys,
  manifestKey,
  uploadIdOf,
  uploadKeys,
  versionKeys,
} from "../layout/key-layout.ts";
import type { ListedKeys } from "../layout/key-layout.ts";
import {
  isDeleteMarker,
  packManifest,
  unpackBucket,
  unpackObject,
  unpackUpload,
  unpackVersion,
} from "../layout/records.ts";
import type { BucketRecord, ObjectRecord, VersionRecord } from "../layout/records.ts";
import { checkUnlocked } from "../lock/lock-rules.ts";
import { abortMultipartUpload } from "../multipart/abort-multipart-upload.ts";
import { noteTransition } from "../monthly-use.ts";
import type { EventName } from "../notifications/notification-types.ts";
import { noteEvent } from "../notifications/outbox.ts";
import { headIn, partsIn } from "../object-heads.ts";
import {
  deleteCurrent,
  deleteVersion,
  keyReads,
  promote,
  rewriteVersion,
  versionIn,
} from "../object-versions.ts";
import type { KeyState } from "../object-versions.ts";
import { discardPacks, packAttacher, stagePacked } from "../packing/stage-packed.ts";
import type { StagedPacks } from "../packing/stage-packed.ts";
import { lifecycleOf } from "./lifecycle-configuration.ts";
import {
  abortOf,
  expirationOf,
  isMarkerExpired,
  isNoncurrentExpired,
  noncurrentTransitionOf,
  transitionOf,
} from "./lifecycle-rules.ts";
import type { LifecycleConfiguration } from "./lifecycle-types.ts";
import { isInfrequent } from "./storage-classes.ts";
import type { StorageClass } from "./storage-classes.ts";

/** Entries read at once, and actions under way at once: memory stays flat, groups commit full. */
const PAGE_ENTRIES = 256;

export type LifecycleCounts = Record<
  "expired" | "noncurrentExpired" | "deleteMarkersRemoved" | "transitioned" | "uploadsAborted",
  number
>;

export interface LifecyclePass {
  readonly engine: Engine;
  readonly counts: LifecycleCounts;
  /** Asked between pages. */
  readonly stopped: () => boolean;
}

/**
 * One pass over a bucket: what is due now is done, each thing in a transaction of its own that
 * looks again. A crash leaves the rest for the next pass, and doing a thing twice does it once.
 */
export async function runBucket(pass: LifecyclePass, name: string): Promise<void> {
  const { engine } = pass;
  const bytes = await engine.store.get(engine.root, bucketKey(name));
  if (bytes === undefined) return;
  const bucket = unpackBucket(bytes);
  const rules = await lifecycleOf(engine, bucket);
  if (rules === undefined) return;
  const now = engine.store.clock.now();
  const run: BucketRun = { ...pass, name, bucket, rules, now };
  await eachPage(run, headKeys, (entries) => runHeads(run, entries));
  const walk = new VersionWalk(run);
  await eachPage(run, versionKeys, (entries) => walk.take(entries));
  await walk.end();
  await eachPage(run, uploadKeys, (entries) => runUploads(run, entries));
}

interface BucketRun extends LifecyclePass {
  readonly name: string;
  readonly bucket: BucketRecord;
  readonly rules: LifecycleConfiguration;
  /** When the pass over the bucket began. */
  readonly now: number;
}

async function eachPage(
  { engine, bucket, stopped }: BucketRun,
  keys: ListedKeys,
  take: (entries: readonly Entry[]) => Promise<void>,
): Promise<void> {
  const first = keys.prefix("");
  const lt = prefixEnd(first);
  let gt: Uint8Array | undefined;
  for (;;) {
    if (stopped()) return;
    using view = engine.store.view();
    const from = gt === undefined ? { gte: first } : { gt };
    const entries = await view.page(bucket.space, { ...from, lt, limit: PAGE_ENTRIES });
    view.close();
    await take(entries);
    gt = entries.at(-1)?.key;
    if (entries.length < PAGE_ENTRIES) return;
  }
}

async function runHeads(run: BucketRun, entries: readonly Entry[]): Promise<void> {
  const { rules, now, counts } = run;
  const work: Promise<void>[] = [];
  const moves: Moved[] = [];
  for (const { key: bytes, value } of entries) {
    const key = headKeys.name(bytes);
    const record = unpackObject(value);
    const expires = expirationOf(rules, key, record)?.expiryDate.getTime() ?? Infinity;
    const due = expires <= now ? "expire" : transitionOf(rules, { key, record, now });
    if (due === undefined) continue;
    if (due !== "expire" && isInfrequent(due)) {
      moves.push({ key, record, to: due });
      continue;
    }
    const { versionId } = record;
    work.push(
      change(run, { key, versionId }, (tx, state, found) => {
        if (state.current !== found || isDeleteMarker(found)) return;
        if (found.lastModified !== record.lastModified) return;
        if (due === "expire") {
          const { deleteMarker } = deleteCurrent(tx, run.engine, state);
          const how = deleteMarker === true ? "DeleteMarkerCreated" : "Delete";
          note(run, tx, { name: `s3:LifecycleExpiration:${how}`, state, versionId });
        } else {
          noteTransition(tx, state.bucket, { record: found, to: due });
          rewriteVersion(tx, state, { ...found, storageClass: due, restore: undefined });
          note(run, tx, { name: "s3:LifecycleTransition", state, versionId });
        }
      }).then(() => void counts[due === "expire" ? "expired" : "transitioned"]++),
    );
  }
  await Promise.all(work);
  await movePacked(run, moves);
}

/** Objects that are packed at once: each has some 2 MiB in hand. */
const PACKED_AT_ONCE = 8;

interface Moved {
  readonly key: string;
  readonly record: ObjectRecord;
  readonly to: StorageClass;
}

/** Moves versions to a class whose objects are packed: their bytes are read and written. */
async function movePacked(run: BucketRun, moves: readonly Moved[]): Promise<void> {
  for (let at = 0; at < moves.length && !run.stopped(); at += PACKED_AT_ONCE) {
    const some = moves.slice(at, at + PACKED_AT_ONCE);
    await Promise.all(some.map((moved) => moveOnePacked(run, moved)));
  }
}

async function moveOnePacked(run: BucketRun, { key, record, to }: Moved): Promise<void> {
  const { engine, bucket, counts } = run;
  const { versionId } = record;
  const packs = await packsOf(engine, { bucket, record });
  try {
    await change(run, { key, versionId }, (tx, state, found) => {
      if (isDeleteMarker(found) || found.lastModified !== record.lastModified) return;
      const { space } = state.bucket;
      const attach = packAttacher(tx, packs);
      const parts = partsIn(tx, space, found).map((part) => {
        const packed = attach(part);
        if (packed !== undefined) tx.releaseBlob(part.blob);
        return packed ?? part;
      });
      const { manifestId } = found;
      if (manifestId !== undefined) tx.put(space, manifestKey(manifestId), packManifest(parts));
      const inline = manifestId === undefined ? parts : [];
      noteTransition(tx, state.bucket, { record: found, to });
      rewriteVersion(tx, state, { ...found, parts: inline, storageClass: to, restore: undefined });
      note(run, tx, { name: "s3:LifecycleTransition", state, versionId });
    });
    counts.transitioned++;
  } finally {
    discardPacks(engine, packs);
  }
}

/** None where the bytes have gone meanwhile: the transaction finds another version, or none. */
async function packsOf(engine: Engine, found: FoundObject): Promise<StagedPacks | undefined> {
  try {
    return await stagePacked(engine, found.record, await partsOf(engine, found));
  } catch (error) {
    if (error instanceof FirnError && error.kind === "notFound") return undefined;
    throw error;
  }
}

/** The older versions, key by key: each needs to know of the one before it. */
class VersionWalk {
  readonly #run: BucketRun;
  #key: string | undefined;
  /** When the version before was written; `undefined` before the first of a key without `h`. */
  #newerAt: number | undefined;
  #newer = 0;
  /** A delete marker that is the newest of its key, until another version of it is met. */
  #marker: VersionRecord | undefined;

  constructor(run: BucketRun) {
    this.#run = run;
  }

  async take(entries: readonly Entry[]): Promise<void> {
    const work: Promise<void>[] = [];
    const moves: Moved[] = [];
    for (const { key: bytes, value } of entries) {
      const key = versionKeys.name(bytes);
      if (key !== this.#key) {
        await this.end();
        await this.#begin(key);
      } else this.#marker = undefined;
      const due = this.#step(key, unpackVersion(value), moves);
      if (due !== undefined) work.push(due);
    }
    await Promise.all(work);
    await movePacked(this.#run, moves);
  }

  /** Settles the last key: a marker that nothing lies behind hides nothing. */
  async end(): Promise<void> {
    const marker = this.#marker;
    const key = this.#key;
    this.#marker = undefined;
    if (marker === undefined || key === undefined) return;
    const { rules, now, counts } = this.#run;
    if (!isMarkerExpired(rules, { key, lastModified: marker.lastModified }, now)) return;
    const removed = await removeLoneMarker(this.#run, { key, versionId: marker.versionId });
    if (removed) counts.deleteMarkersRemoved++;
  }

  async #begin(key: string): Promise<void> {
    const { engine, bucket } = this.#run;
    const head = await engine.store.get(bucket.space, headKey(key));
    this.#key = key;
    this.#newer = 0;
    this.#newerAt = head === undefined ? undefined : unpackObject(head).lastModified;
  }

  #step(key: string, record: VersionRecord, moves: Moved[]): Promise<void> | undefined {
    const since = this.#newerAt;
    this.#newerAt = record.lastModified;
    if (since === undefined) {
      if (isDeleteMarker(record)) this.#marker = record;
      return undefined;
    }
    const newer = this.#newer++;
    const { rules, now, counts } = this.#run;
    const { versionId } = record;
    // A delete marker has no bytes and no tags: rules that name sizes or tags pass it by.
    const { lastModified } = record;
    const empty = { lastModified, size: 0, storageClass: "STANDARD" } as const;
    const noncurrent = { key, record: isDeleteMarker(record) ? empty : record, since, newer };
    if (isNoncurrentExpired(rules, noncurrent, now)) {
      return removeNoncurrent(this.#run, { key, versionId }).then(
        (removed) => void (removed && counts.noncurrentExpired++),
      );
    }
    if (isDeleteMarker(record)) return undefined;
    const to = noncurrentTransitionOf(rules, noncurrent, now);
    if (to === undefined) return undefined;
    if (isInfrequent(to)) {
      moves.push({ key, record, to });
      return undefined;
    }
    return change(this.#run, { key, versionId }, (tx, state, found) => {
      if (isDeleteMarker(found)) return;
      noteTransition(tx, state.bucket, { record: found, to });
      rewriteVersion(tx, state, { ...found, storageClass: to, restore: undefined });
      note(this.#run, tx, { name: "s3:LifecycleTransition", state, versionId });
    }).then(() => void counts.transitioned++);
  }
}

interface NamedVersion {
  readonly key: string;
  readonly versionId: string;
}

async function change(
  { engine, name, bucket: found }: BucketRun,
  { key, versionId }: NamedVersion,
  act: (tx: Transaction, state: KeyState, version: VersionRecord) => void,
): Promise<void> {
  const { reads, ranges } = keyReads(found, key, versionId);
  const root = bucketKey(name);
  await engine.store.transact(
    (tx) => {
      const bytes = tx.get(engine.root, root);
      const bucket = bytes === undefined ? undefined : unpackBucket(bytes);
      // Deleted meanwhile, and perhaps made again.
      if (bucket === undefined || bucket.space !== found.space) return;
      const state = { bucket, key, current: headIn(tx, bucket.space, key) };
      const version = versionIn(tx, state, versionId);
      if (version !== undefined) act(tx, state, version);
    },
    { reads: [[engine.root, root], ...reads], ranges },
  );
}

async function removeNoncurrent(run: BucketRun, named: NamedVersion): Promise<boolean> {
  let removed = false;
  await change(run, named, (tx, state, found) => {
    removed = state.current !== found && isUnlocked(found, tx.now);
    if (!removed) return;
    const { versionId } = named;
    deleteVersion(tx, state, versionId);
    note(run, tx, { name: "s3:LifecycleExpiration:Delete", state, versionId });
  });
  return removed;
}

interface Noted {
  readonly name: EventName;
  readonly state: KeyState;
  readonly versionId: string;
}

function note(
  { engine, name: bucketName }: BucketRun,
  tx: Transaction,
  { name, state: { bucket, key }, versionId }: Noted,
): void {
  noteEvent(tx, engine, { name, bucketName, bucket, key, versionId });
}

async function removeLoneMarker(run: BucketRun, named: NamedVersion): Promise<boolean> {
  let removed = false;
  await change(run, named, (tx, state, found) => {
    const prefix = versionKeys.prefix(named.key);
    const lone = { gte: prefix, lt: versionKeys.behind(named.key), limit: 2 };
    removed = isDeleteMarker(found) && state.current === undefined;
    removed &&= tx.range(state.bucket.space, lone).length === 1;
    if (removed) deleteVersion(tx, state, named.versionId);
    promote(tx, state.bucket, named.key);
  });
  return removed;
}

function isUnlocked(version: VersionRecord, now: number): boolean {
  if (isDeleteMarker(version)) return true;
  try {
    checkUnlocked(version, now, false);
    return true;
  } catch {
    return false;
  }
}

async function runUploads(run: BucketRun, entries: readonly Entry[]): Promise<void> {
  const { engine, rules, now, counts, name: bucket } = run;
  for (const entry of entries) {
    const key = uploadKeys.name(entry.key);
    const uploadId = uploadIdOf(entry.key);
    const { initiated } = unpackUpload(entry.value);
    const due = abortOf(rules, key, initiated)?.expiryDate.getTime() ?? Infinity;
    if (due > now) continue;
    await abortMultipartUpload(engine, { bucket, key, uploadId });
    counts.uploadsAborted++;
  }
}
