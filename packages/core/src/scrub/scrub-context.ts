import type { CheckContext } from "../check/check-context.ts";
import type { IndexFault, IndexSnapshot } from "../index/ordered-index.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { Pace } from "../parity/parity-blocks.ts";
import type { CareProblem } from "../status-api.ts";
import type { BlobId } from "../store-api.ts";
import type { Extent } from "../store/blob-record.ts";

/** A blob whose bytes lie in extents. */
export interface ExtentBlob {
  readonly id: BlobId;
  readonly extents: readonly Extent[];
  /** Released, and kept by retention for a while: it may go at any time. */
  readonly past?: boolean | undefined;
}

/** What a scrub reads, and what it may do about what it finds. */
export interface ScrubContext extends Omit<CheckContext, "problems"> {
  /** Where parity files lie. */
  readonly parityDirectory: string;
  readonly pace: Pace;
  /** Is the segment still one of the store's? Compaction may have replaced it meanwhile. */
  readonly isLive: (entry: SegmentEntry) => boolean;
  /** How far an active commit segment is known to be written; `undefined`: nobody knows. */
  readonly writtenBytes: (entry: SegmentEntry) => number | undefined;
  /** Runs `read` with every file that is live now kept readable. */
  readonly pinned: <T>(read: () => Promise<T>) => Promise<T>;
  /** All blobs with extents, as far as they are known; in the order of their ids. */
  readonly blobs: (after?: BlobId) => AsyncIterable<ExtentBlob>;
  /** Is there still such a blob? */
  readonly hasBlob: (id: BlobId) => Promise<boolean>;
  /** A snapshot of the index; `undefined` when it cannot be asked. */
  readonly snapshot: () => Promise<IndexSnapshot | undefined>;
  /** Verifies the manifest's file; says what was wrong and what was done about it. */
  readonly checkManifest: () => Promise<ScrubFindings>;
  /** The index is damaged: has it made anew, and says when. */
  readonly rebuildIndex: (faults: readonly IndexFault[]) => Promise<string>;
}

export interface ScrubFindings {
  readonly repaired: readonly CareProblem[];
  readonly problems: readonly CareProblem[];
}

export const NOTHING_FOUND: ScrubFindings = { repaired: [], problems: [] };
