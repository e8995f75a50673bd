import { StoreBackups } from "../backup/store-backups.ts";
import { BLOB_LEASE_MS } from "../constants.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import { LocalChunkStore, sealLeftExtents } from "../log/local-chunk-store.ts";
import type { LocalLog } from "../log/local-log.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type { LogStore } from "../store.ts";
import { BlobCompactor } from "./blob-compactor.ts";
import { BlobLeases } from "./blob-leases.ts";
import { blobKey } from "./blob-record.ts";
import { DiskReserve } from "../log/disk-reserve.ts";
import { ExtentRelief } from "./extent-relief.ts";
import { GarbageWatch } from "./garbage-watch.ts";
import type { History } from "./history.ts";
import { BLOB_SPACE } from "./key-spaces.ts";
import type { OpenContext } from "./open-context.ts";
import type { ReaderPins } from "./reader-pins.ts";
import type { SpaceBudget } from "./space-budget.ts";
import { StoreBlobs } from "./store-blobs.ts";

/** Room for a manifest of a large store, in both its copies. */
const SPARE_BYTES_MAX = 256 * 1024;
/** Of a segment: small ones make small manifests. */
const SPARE_PART = 1 / 16;

export interface BlobHomeParts {
  readonly context: OpenContext;
  /** In an encrypted store. */
  readonly sealing: StoreSealing | undefined;
  readonly queue: CommitQueue;
  readonly log: LocalLog;
  readonly readers: ReaderPins;
  readonly history: History;
  readonly budget: SpaceBudget;
  readonly index: () => OrderedIndex;
  /** The store that is being assembled. */
  readonly store: () => LogStore;
}

export interface BlobParts {
  readonly blobs: StoreBlobs;
  readonly blobCompactor: BlobCompactor;
  /** The disk refused bytes of the log: dead extents may make room for them. */
  readonly onFull: () => void;
  readonly watch: GarbageWatch;
  readonly backups: StoreBackups;
  /** Ends what runs by itself, behind a stopped budget. */
  readonly settle: () => Promise<void>;
  /** Lets go of the files. */
  readonly close: () => Promise<void>;
}

/** Blobs: their chunks, their leases, and what brings their room back. */
export async function assembleBlobs(parts: BlobHomeParts): Promise<BlobParts> {
  const { context, sealing, queue, log, readers, history, budget, index, store } = parts;
  const { home, limits, extentFiles: files, clock } = context;
  await sealLeftExtents(home, files);
  const onFailure = (cause: unknown): void => queue.fail(cause);
  const segmentBytes = limits.extentSegmentBytes;
  const chunks = new LocalChunkStore(home, files, { segmentBytes, onFailure });
  const onGarbage = (bytes: number): void => watch.note(bytes);
  const leases = new BlobLeases({
    monotonicMs: () => clock.monotonicMs(),
    leaseMs: BLOB_LEASE_MS,
    onLapse: onGarbage,
  });
  const blobs = new StoreBlobs({
    ...{ chunks, readers, leases, sealing, onGarbage },
    onStored: () => relief.keepSpare(),
    onFull: () => watch.hurry(),
    onDamage: (chunk) => void store().care.heal("extent", chunk),
    identity: home.identity,
    random: home.random,
    find: (blob, view) =>
      view === undefined
        ? store().read(BLOB_SPACE, blobKey(blob))
        : view.get(BLOB_SPACE, blobKey(blob)),
    assertWritable: () => queue.assertUsable(),
  });
  const blobCompactor = new BlobCompactor({
    ...{ home, files, budget, readers, leases, segmentBytes, onFailure },
    view: () => store().view(),
    history: () => history.blobRecords(),
    verifyIndex: async () => {
      await index()
        .verify?.(budget)
        .catch((error: unknown) => {
          void store().care.indexDamaged((error as Error).message);
          throw error;
        });
    },
    filling: () => chunks.filling,
    roll: () => chunks.roll(),
  });
  const spareBytes = Math.min(SPARE_BYTES_MAX, segmentBytes * SPARE_PART);
  const spare = new DiskReserve(home.fileSystem, `${context.directory}/spare`, spareBytes);
  const relief = new ExtentRelief(blobCompactor, spare);
  const watch = new GarbageWatch({
    clock: context.realTime,
    run: (options) => relief.run(options),
    storedBytes: () => chunks.storedBytes,
    expire: () => leases.kept(),
  });
  const { hasher } = home.identity;
  const backups = new StoreBackups({ ...context, queue, log, chunks, readers, hasher, budget });
  const settle = async (): Promise<void> => {
    watch.stop();
    await blobCompactor.settled();
    await relief.settled();
    await backups.settled();
  };
  const close = (): Promise<void> =>
    queue.failure === undefined ? chunks.close() : chunks.abandon();
  const onFull = (): void => watch.hurry();
  return { blobs, blobCompactor, onFull, watch, backups, settle, close };
}
