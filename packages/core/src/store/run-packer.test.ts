import { SimCore, latin1Bytes, makeMachine, restartMachine, turn } from "@firn/testing";
import type { OpenMachine, SimMachine } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { runsIndex } from "../index/runs/runs-index.ts";
import { InlineWorkerPool } from "../platform/inline-worker-pool.ts";
import type { WorkerPool } from "../platform/worker-pool.ts";

const LIMITS = { segmentBytes: 8 * 1024, prepareBytes: 4096, memtableKeys: 24 };
const VALUE_BYTES = 200;

let core: SimCore;
let hasher: Hasher;
let machine: OpenMachine;
let store: Awaited<ReturnType<SimCore["open"]>>;
/** What a thread answered, by the name of its task. */
let answers: (readonly [string, unknown])[];

beforeEach(async () => {
  core = await SimCore.load();
  hasher = await loadHasher();
  machine = makeMachine(11);
  answers = [];
  store = await core.open(onRuns(), LIMITS);
});

afterEach(() => store.close());

/** The machine with sorted runs, whose thread tells what it was asked for. */
function onRuns(): SimMachine {
  const { fileSystem } = machine;
  const makePool = (): WorkerPool => {
    const pool = new InlineWorkerPool({ fileSystem, hasher });
    return {
      run: async (task, input) => {
        const answer = await pool.run(task, input);
        answers.push([task.name, answer]);
        return answer;
      },
      close: () => pool.close(),
    };
  };
  return { ...machine, index: runsIndex({ fileSystem, hasher, makePool }) };
}

async function restart(how: "crash" | "kill"): Promise<void> {
  machine = restartMachine(machine, how);
  store = await core.open(onRuns(), LIMITS);
}

/** Packs by threads so far, those that were left to the store aside. */
function packs(): number {
  return answers.filter(([name, answer]) => name === "pack" && answer !== undefined).length;
}

function valueOf(round: number, key: number): Uint8Array {
  return new Uint8Array(VALUE_BYTES).fill(round * 16 + key);
}

/** Writes 16 keys over and over, with time for the background between two rounds. */
async function overwrite(space: number, rounds: number, from = 0): Promise<void> {
  for (let round = from; round < rounds; round++) {
    for (let key = 0; key < 16; key++) {
      await store.transact((tx) => {
        tx.put(space, latin1Bytes(`k${key}`), valueOf(round, key));
        if (round === 0) tx.put(space, latin1Bytes(`once${key}`), valueOf(1, key));
      });
    }
    await store.checkpoint();
    for (let at = 0; at < 20; at++) await turn();
  }
}

async function expectAll(space: number, rounds: number): Promise<void> {
  for (let key = 0; key < 16; key++) {
    const newest = await store.get(space, latin1Bytes(`k${key}`));
    expect(newest).toEqual(Buffer.from(valueOf(rounds - 1, key)));
    const once = await store.get(space, latin1Bytes(`once${key}`));
    expect(once).toEqual(Buffer.from(valueOf(1, key)));
  }
}

test("what the index alone can answer for is packed in a thread, and nothing live is lost", async () => {
  const space = await store.openKeySpace("things", { indexedValueBytes: 16 });
  await overwrite(space, 14);
  expect(packs()).toBeGreaterThan(1);
  await expectAll(space, 14);
  await store.close();
  expect(await core.check(onRuns())).toEqual([]);
  await restart("crash");
  await expectAll(space, 14);
  const runs = machine.fileSystem.files().filter((path) => path.includes("/index"));
  await store.close();
  // The log alone has all of it too.
  for (const path of runs) await machine.fileSystem.remove(path);
  await restart("kill");
  await expectAll(space, 14);
});

test("a deleted key does not come back where a thread has packed its deletion", async () => {
  const space = await store.openKeySpace("things", { indexedValueBytes: 16 });
  // Segments with nothing to gain, so that the deleted value stays in the log.
  for (let key = 0; key < 80; key++) {
    await store.transact((tx) => tx.put(space, latin1Bytes(`old${key}`), valueOf(1, key)));
  }
  await overwrite(space, 1);
  await store.transact((tx) => tx.delete(space, latin1Bytes("old3")));
  await overwrite(space, 14, 1);
  expect(packs()).toBeGreaterThan(0);
  const paths = machine.fileSystem.files().filter((path) => path.includes("/index"));
  await store.close();
  // From the log alone.
  for (const path of paths) await machine.fileSystem.remove(path);
  await restart("kill");
  expect(await store.get(space, latin1Bytes("old3"))).toBeUndefined();
  expect(await store.get(space, latin1Bytes("old4"))).toBeDefined();
});

test("where a key space keeps history the store packs by itself", async () => {
  await store.openKeySpace("kept", { retention: { ms: 3_600_000 } });
  const space = await store.openKeySpace("things", { indexedValueBytes: 16 });
  const first = machine.fileSystem.files().find((path) => path.startsWith("/data/log/"));
  await overwrite(space, 14);
  expect(packs()).toBe(0);
  expect(machine.fileSystem.files()).not.toContain(first);
});

test("records of streams are left to the store, and all of them are there", async () => {
  const space = await store.openKeySpace("things", { indexedValueBytes: 16 });
  const volume = await store.openKeySpace("volume");
  const stream = store.stream(volume);
  for (let at = 0; at < 10; at++) {
    stream.append(await stream.reserve(100), [new Uint8Array(100).fill(at)]);
    await stream.barrier();
    await overwrite(space, 1);
  }
  await overwrite(space, 10);
  const found: number[] = [];
  for await (const { body } of stream.replay(0)) found.push(body[0] as number);
  expect(found).toEqual(Array.from({ length: 10 }, (_, at) => at));
  expect(answers.some(([name, answer]) => name === "pack" && answer === undefined)).toBe(true);
});
