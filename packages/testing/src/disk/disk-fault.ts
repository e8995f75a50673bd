/** What an engine asked the disk to do. */
export type DiskOperation =
  | "open"
  | "read"
  | "write"
  | "sync"
  | "list"
  | "makeDirectory"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "lock";

/** One request, as the fault hook sees it: the I/O site of a test's "fail the Nth". */
export interface DiskRequest {
  /** Counts from 1 over the life of the disk. */
  readonly number: number;
  readonly operation: DiskOperation;
  readonly path: string;
  /** First byte and count of bytes, for reads and writes; 0 otherwise. */
  readonly offset: number;
  readonly length: number;
}

/**
 * What happens to one request instead of what was asked:
 *
 * - `halt`: the power fails here. The request takes part in the crash as any pending one; neither
 *   it nor any later request ever settles.
 * - `eio`: fails. A write may have left any prefix. A sync has dropped the dirty pages: a subset of
 *   them reached the disk, the rest never will, and the next sync "succeeds".
 * - `full`: fails with ENOSPC before anything was written.
 * - `short`: a prefix is written, then ENOSPC.
 * - `lost`: says that it succeeded and did nothing (a sync makes nothing durable).
 * - `misdirected`: a write succeeds at another sector of the same file.
 */
export type DiskFault = "halt" | "eio" | "full" | "short" | "lost" | "misdirected";

/** Asked before each request; `undefined` lets it through. */
export type DiskHook = (request: DiskRequest) => DiskFault | undefined;

/** An error as Node's file system throws it. */
export function diskError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${operation} '${path}'`), { code });
}
