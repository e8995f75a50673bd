import { describe, expect, test } from "vitest";
import { FirnError, coreError } from "../errors.ts";
import { InlineWorkerPool } from "./inline-worker-pool.ts";
import { NodeFileSystem } from "./node-file-system.ts";
import { NodeWorkerPool } from "./node-worker-pool.ts";
import { fromFailure, toFailure } from "./worker-message.ts";
import type { WorkerHome, WorkerPool, WorkerTask } from "./worker-pool.ts";

/** What a thread does here: the same tasks, in a program of its own. */
const PROGRAM = `
  import { parentPort } from "node:worker_threads";
  const refusal = { kind: "limit", code: "FIRN_KEY_TOO_LONG", message: "too long" };
  parentPort.on("message", ({ task, input }) => {
    if (task === "die") process.exit(1);
    parentPort.postMessage(
      task === "double"
        ? { output: input * 2 }
        : { failure: { ...refusal, detail: { input } } },
    );
  });`;

const double: WorkerTask<number, number> = { name: "double", run: (input) => input * 2 };
const refuse: WorkerTask<number, number> = {
  name: "refuse",
  run: (input) => {
    throw coreError("FIRN_KEY_TOO_LONG", "too long", { detail: { input } });
  },
};
const die: WorkerTask<number, number> = { name: "die", run: () => 0 };

const home: WorkerHome = { fileSystem: new NodeFileSystem(), hasher: { hash: () => 0n } };

const pools: Readonly<Record<string, () => WorkerPool>> = {
  "on the caller's thread": () => new InlineWorkerPool(home),
  "on a thread": () =>
    new NodeWorkerPool(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`), {
      sync: true,
    }),
};

describe.each(Object.entries(pools))("a pool %s", (_, make) => {
  test("runs tasks in the order of the calls", async () => {
    const pool = make();
    const order: number[] = [];
    const runs = [1, 2, 3].map((input) =>
      pool.run(double, input).then((output) => order.push(output)),
    );
    await Promise.all(runs);
    expect(order).toEqual([2, 4, 6]);
    await pool.close();
  });

  test("hands on what a task throws, and goes on", async () => {
    const pool = make();
    const error = await pool.run(refuse, 7).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(FirnError);
    expect(error).toMatchObject({ code: "FIRN_KEY_TOO_LONG", kind: "limit", detail: { input: 7 } });
    expect(await pool.run(double, 2)).toBe(4);
    await pool.close();
  });

  test("finishes the task under way when it is closed, and refuses the others", async () => {
    const pool = make();
    const runs = [pool.run(double, 1), pool.run(double, 2)];
    const settled = Promise.allSettled(runs);
    await Promise.resolve();
    await Promise.all([pool.close(), pool.close()]);
    const [, second] = await settled;
    expect(second).toMatchObject({ status: "rejected", reason: { code: "FIRN_STORE_CLOSED" } });
    await expect(pool.run(double, 3)).rejects.toMatchObject({ code: "FIRN_STORE_CLOSED" });
  });
});

test("a thread that ends rejects its task, and the next task has another thread", async () => {
  const pool = pools["on a thread"]?.() as WorkerPool;
  await expect(pool.run(die, 0)).rejects.toThrow();
  expect(await pool.run(double, 4)).toBe(8);
  await pool.close();
});

test("an input that cannot travel is refused, and the pool goes on", async () => {
  const pool = pools["on a thread"]?.() as WorkerPool;
  const task: WorkerTask<() => void, number> = { name: "double", run: () => 0 };
  await expect(pool.run(task, () => undefined)).rejects.toThrow();
  expect(await pool.run(double, 4)).toBe(8);
  await pool.close();
});

test("an error of the system keeps its code across threads", () => {
  const error = Object.assign(new Error("no room"), { code: "ENOSPC" });
  expect(fromFailure(toFailure(error))).toMatchObject({ message: "no room", code: "ENOSPC" });
  expect(fromFailure(toFailure(new Error("plain")))).not.toHaveProperty("code");
});
