/** The program of a thread: takes tasks, one at a time, until it is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { loadHasher } from "../hasher.ts";
import { workerTasks } from "../worker-tasks.ts";
import { NodeFileSystem } from "./node-file-system.ts";
import type { WorkerPoolOptions } from "./node-worker-pool.ts";
import { toFailure } from "./worker-message.ts";
import type { WorkerAnswer, WorkerRequest } from "./worker-message.ts";

const { sync } = workerData as WorkerPoolOptions;
const fileSystem = new NodeFileSystem({ sync });
const loading = loadHasher();

async function answer({ task, input }: WorkerRequest): Promise<WorkerAnswer> {
  try {
    const found = workerTasks.find(({ name }) => name === task);
    if (found === undefined) throw new Error(`there is no task ${task}`);
    const output = await found.run(input as never, { fileSystem, hasher: await loading });
    return { output };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

parentPort?.on("message", (request: WorkerRequest) => {
  void answer(request).then((result) => parentPort?.postMessage(result));
});
