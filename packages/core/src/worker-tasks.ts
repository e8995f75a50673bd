import { buildFromMemtableTask, buildRunTask, mergeRunsTask } from "./index/runs/run-tasks.ts";
import { packTask } from "./store/pack-task.ts";
import type { WorkerTask } from "./platform/worker-pool.ts";

/** Any task: what it takes and gives is between it and its caller. */
type AnyTask = WorkerTask<never, unknown>;

/** What threads can do. A thread finds a task by its name. */
export const workerTasks: readonly AnyTask[] = [
  buildRunTask,
  buildFromMemtableTask,
  mergeRunsTask,
  packTask,
];
