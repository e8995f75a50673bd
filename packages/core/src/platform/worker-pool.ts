import type { Hasher } from "../hasher.ts";
import type { FileSystem } from "./file-system.ts";

/**
 * The port to other threads: work that would hold up the event loop for too long. Input and result
 * travel as structured clones, and SharedArrayBuffers as themselves.
 */
export interface WorkerPool {
  /**
   * Runs a task when a thread is free, in the order of the calls. Rejects with what it threw; a
   * FirnError stays one.
   * @throws FIRN_STORE_CLOSED when the pool was closed or its thread ended.
   */
  run<Input, Output>(
    task: WorkerTask<Input, Output>,
    input: Input,
    transfer?: readonly ArrayBuffer[],
  ): Promise<Output>;
  /** Waits for the task under way; queued ones are refused. Idempotent. */
  close(): Promise<void>;
}

/** One kind of work; each stands in the table of worker-tasks.ts, which every thread loads. */
export interface WorkerTask<Input, Output> {
  /** Its name in the table. */
  readonly name: string;
  readonly run: (input: Input, home: WorkerHome) => Output | Promise<Output>;
}

/** What a task gets of its thread. */
export interface WorkerHome {
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
}
