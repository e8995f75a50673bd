import type { KeySpaceId, Lsn, Pin, Position } from "./store-api.ts";

/** What a person asks about an open store. Cheap: it reads no data, only what is in memory. */
export interface StoreStatus {
  readonly storeId: string;
  readonly directory: string;
  /** The store's time, in milliseconds since 1970 UTC. */
  readonly nowMs: number;
  readonly head: HeadStatus;
  readonly index: IndexStatus;
  readonly space: SpaceStatus;
  /** What retention windows hold; `undefined` when no key space has one. */
  readonly history?: HistoryStatus | undefined;
  readonly pins: readonly Pin[];
  readonly scrub: ScrubStatus;
  readonly parity: ParityStatus;
  /** Why the store takes no more writes, when it does not. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

export interface HeadStatus {
  /** The newest LSN, pending ones included. */
  readonly lsn: Lsn;
  readonly durableLsn: Lsn;
  /** Where the next group goes. */
  readonly position: Position;
}

export interface IndexStatus {
  /** Everything up to here is in the index. */
  readonly lsn: Lsn;
  /** Records that the index lags behind. */
  readonly lagRecords: number;
  /** Bytes of the log that the index lags behind: what an opening would replay. */
  readonly lagBytes: number;
  /** Why the last flush failed, or what a scrub found wrong with it. */
  readonly failure: string | undefined;
}

export interface SpaceStatus {
  readonly commitSegments: number;
  readonly extentSegments: number;
  /** Bytes of the address space that segments cover, at most what their files take. */
  readonly commitBytes: number;
  readonly extentBytes: number;
  readonly parityBytes: number;
  /** Of the log (commit segments), as compaction estimates them by sampling. */
  readonly liveBytes?: number | undefined;
  readonly garbageBytes?: number | undefined;
  /**
   * The same by key space, those with most garbage first, 100 at the most. Estimated from a sample
   * of each segment that compaction has looked at since the store was opened; none before.
   */
  readonly keySpaces: readonly KeySpaceGarbage[];
  /** Of blobs: as the last look of compaction found it, absent before the first. */
  readonly blobLiveBytes?: number | undefined;
  readonly blobGarbageBytes?: number | undefined;
}

/** What of the log's sealed segments one key space has. */
export interface SpaceGarbage {
  readonly space: KeySpaceId;
  /** All of it, garbage too. */
  readonly bytes: number;
  readonly garbageBytes: number;
}

export interface KeySpaceGarbage extends SpaceGarbage {
  /** What it was opened by, or is of the store's own; others belong to one table, bucket, … */
  readonly name: string | undefined;
}

export interface HistoryStatus {
  /** Superseded versions that were kept when each key space was last trimmed. */
  readonly versions: number;
  /** Their keys and values in bytes. Blobs are not counted. */
  readonly bytes: number;
  /** The oldest LSN that a view can be taken at, over all key spaces with retention. */
  readonly oldestLsn: Lsn;
}

/** What the background verification of all bytes has done. */
export interface ScrubStatus {
  readonly running: boolean;
  /** Bytes of this pass so far, when one runs. */
  readonly bytes: number;
  /** Bytes that this pass will have read, as estimated when it began. */
  readonly totalBytes: number;
  /** When the last whole pass ended, in milliseconds since 1970 UTC, real time. */
  readonly lastFinishedAtMs: number | undefined;
  /** What the last whole pass found and could not repair; 1000 at the most. */
  readonly problems: number;
  readonly repaired: number;
}

export interface ParityStatus {
  /** Which segments get parity. */
  readonly segments: ParitySegments;
  /** Sealed segments of those kinds that have it. */
  readonly covered: number;
  /** Sealed segments of those kinds that do not have it yet. */
  readonly waiting: number;
  /** Segments repaired since the store was opened because a reader had met rot in them. */
  readonly healed: number;
  readonly failure: string | undefined;
}

/** `all`: commit and extent segments; `extents`: bulk bytes only. */
export type ParitySegments = "none" | "extents" | "all";

export interface ScrubOptions {
  /** Bytes per second at the most; default 32 MiB. `Infinity`: as fast as it goes. */
  readonly rate?: number | undefined;
  readonly onProgress?: ((progress: ScrubProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Goes on where the last pass stopped; default true. */
  readonly resume?: boolean | undefined;
}

export interface ScrubProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  /** The file that is being read. */
  readonly file: string;
}

/** Something wrong, in words, with what to do. */
export interface CareProblem {
  readonly what: string;
  readonly file?: string | undefined;
  readonly segment?: number | undefined;
  readonly offset?: number | undefined;
  /** Blobs and keys that the bytes belong to, as far as it can be told; 100 at the most. */
  readonly owners?: readonly string[] | undefined;
}

export interface ScrubReport {
  readonly storeId: string;
  readonly files: number;
  readonly bytes: number;
  /** Wall time, pauses included. */
  readonly durationMs: number;
  /** Damage that was found and is healed. */
  readonly repaired: readonly CareProblem[];
  /** Damage that stands. Empty when all is well. */
  readonly problems: readonly CareProblem[];
}
