import type { RecordIdentity } from "../log/record.ts";
import type { FileSystem } from "../platform/file-system.ts";
import type { Entry, Lsn, Position, RangePage } from "../store-api.ts";
import type { WorkerTask } from "../platform/worker-pool.ts";
import type { RunPlace } from "./runs/run-tasks.ts";
import type { MemtableImage } from "./version-data.ts";

/** One change of the index; without a value it deletes the key. */
export interface IndexWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A memtable in memory that threads share. */
export interface FlatMemtable {
  readonly image: MemtableImage;
}

/** How far the index follows the log. Replay starts behind it. */
export interface IndexMark {
  /** Every effect of this LSN and of those below it is in the index. */
  readonly lsn: Lsn;
  /** Where the group behind that LSN begins, so that replay need not search for it. */
  readonly position: Position;
  /** Commit time of that LSN, in milliseconds since 1970 UTC. */
  readonly time: number;
}

/**
 * The port to the ordered index: a sorted map of bytes, derived from the log. It may lag behind the
 * durable log and never runs ahead of it; a doubt about it is answered by rebuilding it.
 */
export interface OrderedIndex {
  /** The newest mark that a finished `write` carried; `undefined` in a fresh index. */
  readonly mark: IndexMark | undefined;
  getSync(key: Uint8Array): Uint8Array | undefined;
  /**
   * Synced when it resolves. A crash before that may leave some of the writes, and the mark only
   * with all of them: replay from the former mark makes up for the rest. Writes are taken a few at
   * a time, as they are needed, so that a whole memtable never holds up the event loop.
   */
  write(writes: Iterable<IndexWrite>, mark?: IndexMark): Promise<void>;
  /**
   * As `write`, of what the index is to hold of a memtable that takes no more writes; for an index
   * that can leave it to a thread.
   */
  writeMemtable?(memtable: FlatMemtable, identity: RecordIdentity, mark: IndexMark): Promise<void>;
  /** Everything that finished before the call. Close it. */
  snapshot(): IndexSnapshot;
  /**
   * Runs a task in a thread that reads the index's own files, as they are at the call; for an index
   * whose files tell other threads the truth.
   */
  inThread?<Input, Output>(task: WorkerTask<OnRuns<Input>, Output>, input: Input): Promise<Output>;
  /**
   * Verifies what reads do not: after it, "absent" means absent. An index without it verifies
   * whatever it reads. @throws FIRN_RECORD_CORRUPT with the first fault.
   */
  verify?(reading: IndexReading): Promise<void>;
  close(): Promise<void>;
}

/** With the runs of an index, newest first. */
export type OnRuns<Input> = Input & { readonly index: readonly RunPlace[] };

/** What reading in the background waits for. */
export interface IndexReading {
  /** Bytes that are, or have just been, read. */
  take(bytes: number): Promise<void>;
  /** Between two small steps of work. */
  slice(): Promise<void>;
}

/** Bytes of an index that are not what was written. */
export interface IndexFault {
  readonly file: string;
  readonly offset: number;
  readonly what: string;
}

export interface IndexSnapshot {
  getSync(key: Uint8Array): Uint8Array | undefined;
  /** The first `limit` entries of the range, in unsigned byte order (reversed when asked). */
  page(page: RangePage): Promise<Entry[]>;
  /** Idempotent. */
  close(): void;
}

/** Opens or rebuilds an index in a directory; chosen once per store. */
export interface IndexFactory {
  /** `tag` names store and format: an index with another tag is emptied first. */
  open(directory: string, tag: string): Promise<OrderedIndex>;
  /** Removes everything in the directory, which nobody has open. */
  destroy(directory: string, fileSystem: FileSystem): Promise<void>;
  /**
   * Reads every byte of the index's files and says what is wrong with them, whether or not somebody
   * has it open. An index without it keeps no files.
   */
  verifyFiles?(directory: string, reading: IndexReading): Promise<readonly IndexFault[]>;
}
