import type { IndexFactory } from "../index/ordered-index.ts";
import type { LogHome } from "../log/log-home.ts";
import type { SegmentFiles } from "../log/segment-files.ts";
import type { ParityOptions } from "../parity/parity-keeper.ts";
import type { Clock } from "../platform/clock.ts";
import type { FileLock } from "../platform/file-system.ts";
import type { Sealing } from "../seal/open-sealing.ts";

/** Bounds that tests make small; every one has its default in constants.ts. */
export interface OpenLimits {
  readonly segmentBytes: number;
  readonly extentSegmentBytes: number;
  readonly prepareBytes: number;
  /** Average group from which on room in the log is not zeroed ahead; Infinity for always. */
  readonly freshGroupBytes: number;
  readonly memtableBytes: number;
  readonly memtableKeys: number;
  readonly replayBytes: number;
  readonly queueBytes: number;
  readonly cacheBytes: number;
  readonly openFiles: number;
  /** Bytes that compaction reads and writes per second at the most; Infinity for no limit. */
  readonly backgroundBytesPerSecond: number;
  /** Between two tries of an index write that failed. */
  readonly flushRetryMs: number;
}

/** A locked directory whose manifest has been read: what a store is assembled from. */
export interface OpenContext {
  readonly directory: string;
  readonly home: LogHome;
  readonly commitFiles: SegmentFiles;
  readonly extentFiles: SegmentFiles;
  readonly clock: Clock;
  /** For background work: nobody turns a manual clock for the sake of compaction. */
  readonly realTime: Clock;
  readonly limits: OpenLimits;
  /** Compaction works by itself. */
  readonly compacts: boolean;
  readonly parity: ParityOptions;
  readonly index: IndexFactory;
  readonly sealing: Sealing;
  readonly lock: FileLock;
}
