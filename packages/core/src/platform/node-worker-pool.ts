import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { defer } from "../deferred.ts";
import type { Deferred } from "../deferred.ts";
import type { Hasher } from "../hasher.ts";
import { InlineWorkerPool, poolClosed } from "./inline-worker-pool.ts";
import { NodeFileSystem } from "./node-file-system.ts";
import { fromFailure } from "./worker-message.ts";
import type { WorkerAnswer, WorkerRequest } from "./worker-message.ts";
import type { WorkerPool, WorkerTask } from "./worker-pool.ts";

interface Job {
  readonly request: WorkerRequest;
  readonly transfer: readonly ArrayBuffer[];
  readonly done: Deferred<unknown>;
}

export interface WorkerPoolOptions {
  /** False for throw-away stores: the thread's file system forces nothing to the disk. */
  readonly sync: boolean;
}

/**
 * Of a thread's own heap. What it makes dies at once, and each piece holds memory outside of the
 * heap, which is freed when the young ones are collected: with V8's 48 MiB a thread held 60 more.
 */
const YOUNG_MIB = 6;

/** The thread's program beside this one: built, or in the command's bundle. */
const PROGRAMS = ["./worker-thread.js", "./chunks/worker-thread.js"];

/** A thread where the code is built; else (tests that run the sources) the caller's own. */
export function makeWorkerPool(
  options: WorkerPoolOptions & { readonly hasher: Hasher },
): WorkerPool {
  const { sync, hasher } = options;
  const urls = PROGRAMS.map((path) => new URL(path, import.meta.url));
  const program = urls.find((url) => existsSync(url));
  if (program !== undefined) return new NodeWorkerPool(program, { sync });
  return new InlineWorkerPool({ fileSystem: new NodeFileSystem({ sync }), hasher });
}

/** One thread, started by its first task; it never keeps the process alive while it is idle. */
export class NodeWorkerPool implements WorkerPool {
  readonly #program: URL;
  readonly #options: WorkerPoolOptions;
  #thread: Worker | undefined;
  #running: Job | undefined;
  readonly #queue: Job[] = [];
  #closing: Promise<void> | undefined;

  constructor(program: URL, options: WorkerPoolOptions) {
    this.#program = program;
    this.#options = options;
  }

  run<Input, Output>(
    task: WorkerTask<Input, Output>,
    input: Input,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Output> {
    if (this.#closing !== undefined) return Promise.reject(poolClosed());
    const done = defer<unknown>();
    this.#queue.push({ request: { task: task.name, input }, transfer, done });
    this.#next();
    return done.promise as Promise<Output>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const job of this.#queue.splice(0)) job.done.reject(poolClosed());
    await this.#running?.done.promise.catch(() => undefined);
    await this.#thread?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#running = job;
    const thread = this.#start();
    thread.ref();
    try {
      thread.postMessage(job.request, job.transfer);
    } catch (error) {
      // What cannot be cloned never left.
      this.#end((done) => done.reject(error));
    }
  }

  #start(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(this.#program, {
      workerData: this.#options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    this.#thread = thread;
    thread.on("message", (answer: WorkerAnswer) => {
      this.#end((done) => {
        if ("failure" in answer) done.reject(fromFailure(answer.failure));
        else done.resolve(answer.output);
      });
    });
    thread.on("error", (error) => this.#lost(thread, error));
    thread.on("exit", () => this.#lost(thread, poolClosed()));
    return thread;
  }

  /** The next task starts another thread. */
  #lost(thread: Worker, error: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#end((done) => done.reject(error));
  }

  #end(settle: (done: Deferred<unknown>) => void): void {
    const job = this.#running;
    this.#running = undefined;
    this.#thread?.unref();
    if (job !== undefined) settle(job.done);
    this.#next();
  }
}
