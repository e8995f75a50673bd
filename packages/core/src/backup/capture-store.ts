import type { CommitQueue } from "../log/commit-queue.ts";
import type { LocalChunkStore } from "../log/local-chunk-store.ts";
import type { LocalLog, WrittenSegment } from "../log/local-log.ts";
import type { LogHome } from "../log/log-home.ts";
import { checksumIdOf } from "../log/manifest.ts";
import type { Clock } from "../platform/clock.ts";
import type { Lsn } from "../store-api.ts";
import type { ReaderPins } from "../store/reader-pins.ts";
import type { SavedStore } from "./backup-manifest.ts";

/** Which bytes of which files are the store as of one moment. Plain data, for other processes. */
export interface StoreCapture {
  readonly directory: string;
  readonly store: SavedStore;
  readonly lsn: Lsn;
  readonly takenAtMs: number;
  readonly segments: readonly WrittenSegment[];
}

/** The files that a capture names stay where they are until it is released. */
export interface HeldCapture {
  readonly capture: StoreCapture;
  /** Idempotent. */
  release(): void;
}

export interface CaptureHome {
  readonly directory: string;
  readonly home: LogHome;
  readonly clock: Clock;
  readonly queue: CommitQueue;
  readonly log: LocalLog;
  readonly chunks: LocalChunkStore;
  readonly readers: ReaderPins;
}

/**
 * Takes hold of everything that is committed when it is called. Writing goes on: what it appends to
 * the last segments lies behind the bytes that the capture counts. The log is looked at before the
 * extents, so that whatever a record names is there.
 * @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED.
 */
export async function captureStore(parts: CaptureHome): Promise<HeldCapture> {
  const { directory, home, clock, queue, log, chunks, readers } = parts;
  const pin = readers.pin();
  try {
    await chunks.rollLarge();
    const lsn = queue.lastLsn;
    await queue.durable(lsn);
    const commit = await log.written();
    const segments = [...commit, ...chunks.written()];
    const { state } = home.manifest;
    const nextSegmentId = Math.max(
      state.nextSegmentId,
      ...segments.map(({ entry }) => entry.id + 1),
    );
    const { segments: _, generation: __, indexName: ___, ...kept } = state;
    const store = { ...kept, checksumId: checksumIdOf(state), nextSegmentId };
    const capture = { directory, store, lsn, takenAtMs: clock.now(), segments };
    return { capture, release: () => pin.release() };
  } catch (error) {
    pin.release();
    throw error;
  }
}
