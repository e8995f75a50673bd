import {
  SIM_DIRECTORY,
  SimCore,
  SimIndex,
  forkMachine,
  latin1,
  latin1Bytes,
  makeMachine,
  readCore,
  restartMachine,
  turn,
} from "@firn/testing";
import type { SimMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../constants.ts";
import { ManualClock } from "../platform/clocks.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import type { KeySpaceId, Store } from "../store-api.ts";
import type { OpenLimits } from "../store/open-context.ts";

let core: SimCore;
beforeAll(async () => {
  core = await SimCore.load();
});

/** The store with what only tests and tools call. */
type OpenedStore = Awaited<ReturnType<SimCore["open"]>>;

async function openWithSpace(
  machine: SimMachine,
  limits?: Partial<OpenLimits>,
): Promise<{ store: OpenedStore; space: KeySpaceId }> {
  const store = await core.open(machine, limits);
  return { store, space: await store.openKeySpace("test") };
}

function put(store: Store, space: KeySpaceId, key: string, value: string): Promise<void> {
  return store.transact((tx) => tx.put(space, latin1Bytes(key), latin1Bytes(value)));
}

async function append(store: Store, space: KeySpaceId, body: string): Promise<void> {
  const stream = store.stream(space);
  stream.append(await stream.reserve(body.length), [latin1Bytes(body)]);
}

async function contents(store: Store, space: KeySpaceId): Promise<string> {
  return JSON.stringify([...(await readCore(store, { spaces: [space], blobs: [] }))]);
}

test("invariant 1: a deleted index is rebuilt from the log, and nothing is missing", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  for (let number = 0; number < 100; number++) {
    await put(store, space, `k${number % 70}`, `${number}`.repeat(number));
    if (number % 9 === 0) await store.transact((tx) => tx.delete(space, latin1Bytes("k3")));
  }
  const before = await contents(store, space);
  await store.close();
  const again = await core.open({ ...machine, index: new SimIndex({ seed: 2 }) });
  expect(await contents(again, space)).toBe(before);
  expect(await again.openKeySpace("test")).toBe(space);
  await again.close();
});

test("invariant 1: an index that ran ahead of the log is refused, not believed", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  await put(store, space, "a", "old");
  const early = forkMachine(machine, 3);
  await put(store, space, "a", "new");
  await store.close();
  const mixed = { ...machine, fileSystem: early.fileSystem };
  await expect(core.open(mixed)).rejects.toMatchObject({ code: "FIRN_STORE_DAMAGED" });
  const rebuilt = await core.open({ ...mixed, index: new SimIndex({ seed: 2 }) });
  expect(latin1((await rebuilt.get(space, latin1Bytes("a"))) as Uint8Array)).toBe("old");
  await rebuilt.close();
});

test("invariant 1: a flush that fails is tried again, and nothing is missing", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  let failures = 0;
  machine.index.failWrite = () => failures++ < 2;
  for (let number = 0; number < 60; number++) await put(store, space, `k${number}`, `${number}`);
  await store.checkpoint();
  expect(failures).toBeGreaterThan(2);
  const before = await contents(store, space);
  expect(JSON.parse(before) as unknown[]).toHaveLength(61);
  await store.close();
  const next = await core.open(restartMachine(machine, "crash"));
  expect(await contents(next, space)).toBe(before);
  await next.close();
});

test("invariant 3: after a failed sync each later barrier and commit fails, for ever", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  await put(store, space, "a", "durable");
  let fail = true;
  machine.fileSystem.hook = ({ operation }) => (fail && operation === "sync" ? "eio" : undefined);
  await append(store, space, "buffered");
  const failed = { code: "FIRN_STORE_FAILED", kind: "unavailable" };
  await expect(store.stream(space).barrier()).rejects.toMatchObject(failed);
  fail = false;
  await expect(store.stream(space).barrier()).rejects.toMatchObject(failed);
  await expect(append(store, space, "later")).rejects.toMatchObject(failed);
  await expect(put(store, space, "b", "later")).rejects.toMatchObject(failed);
  await expect(store.blobs.stage(new Uint8Array(70_000))).rejects.toMatchObject(failed);
  expect(latin1((await store.get(space, latin1Bytes("a"))) as Uint8Array)).toBe("durable");
  await store.close();
  const next = await core.open(restartMachine(machine, "crash"));
  expect(latin1((await next.get(space, latin1Bytes("a"))) as Uint8Array)).toBe("durable");
  expect(await next.get(space, latin1Bytes("b"))).toBeUndefined();
  await next.close();
});

test("invariant 3: nobody sees a commit before its sync; answers from it wait", async () => {
  const machine = makeMachine(1);
  const gate = new SyncGate(machine.fileSystem, "log");
  const { store, space } = await openWithSpace({ ...machine, fileSystem: gate.fileSystem });
  await put(store, space, "a", "old");
  gate.shut();
  const order: string[] = [];
  const write = put(store, space, "a", "new").then(() => order.push("written"));
  const failed = store
    .transact((tx) => {
      throw new Error(latin1(tx.get(space, latin1Bytes("a")) as Uint8Array));
    })
    .catch((error: unknown) => order.push(`failed on ${(error as Error).message}`));
  for (let turns = 0; turns < 50; turns++) await turn();
  expect(order).toEqual([]);
  expect(latin1((await store.get(space, latin1Bytes("a"))) as Uint8Array)).toBe("old");
  gate.lift();
  await Promise.all([write, failed]);
  expect(order).toContain("failed on new");
  expect(latin1((await store.get(space, latin1Bytes("a"))) as Uint8Array)).toBe("new");
  await store.close();
});

test("invariant 3: bulk bytes that are written while a sync runs wait for the next one", async () => {
  const machine = makeMachine(1);
  const gate = new SyncGate(machine.fileSystem, "extents");
  const { store, space } = await openWithSpace({ ...machine, fileSystem: gate.fileSystem });
  await store.blobs.stage(new Uint8Array(70_000));
  gate.shut();
  const first = store.blobs.stage(new Uint8Array(70_000).fill(1));
  for (let turns = 0; turns < 50; turns++) await turn();
  const second = store.blobs.stage(new Uint8Array(70_000).fill(2));
  for (let turns = 0; turns < 50; turns++) await turn();
  gate.lift();
  await first;
  const staged = await second;
  await store.transact((tx) => tx.put(space, latin1Bytes("b"), latin1Bytes(tx.attachBlob(staged))));
  for (let seed = 0; seed < 8; seed++) {
    const next = await core.open(restartMachine(forkMachine(machine, seed), "crash"));
    const id = latin1((await next.get(space, latin1Bytes("b"))) as Uint8Array);
    const parts: Uint8Array[] = [];
    for await (const part of next.blobs.read(id)) parts.push(part);
    expect(Buffer.concat(parts)).toEqual(Buffer.alloc(70_000, 2));
    await next.close();
  }
  await store.close();
});

test("invariant 7: a full queue makes writers wait, and they go on when it drains", async () => {
  const machine = makeMachine(1);
  const gate = new SyncGate(machine.fileSystem, "log");
  const roomy = { segmentBytes: 1024 * 1024, prepareBytes: 512 * 1024 };
  const { store, space } = await openWithSpace({ ...machine, fileSystem: gate.fileSystem }, roomy);
  await put(store, space, "a", "first");
  gate.shut();
  let begun = 0;
  const writes: Promise<void>[] = [];
  for (let number = 0; number < 100; number++) {
    const value = new Uint8Array(1000);
    const write = store.transact((tx) => {
      begun++;
      tx.put(space, latin1Bytes(`k${number}`), value);
    });
    writes.push(write);
    for (let turns = 0; turns < 3; turns++) await turn();
  }
  // 8 KiB may queue, beside the group that is being written.
  expect(begun).toBeLessThan(40);
  gate.lift();
  await Promise.all(writes);
  expect(JSON.parse(await contents(store, space)) as unknown[]).toHaveLength(102);
  await store.close();
});

test("invariant 7: a batch that breaks a limit leaves no trace", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  const long = new Uint8Array(KEY_BYTES_MAX + 1);
  const large = new Uint8Array(VALUE_BYTES_MAX + 1);
  const both = (key: Uint8Array, value: Uint8Array): Promise<void> =>
    store.transact((tx) => {
      tx.put(space, latin1Bytes("before"), latin1Bytes("1"));
      tx.put(space, key, value);
    });
  await expect(both(long, new Uint8Array(1))).rejects.toMatchObject({ code: "FIRN_KEY_TOO_LONG" });
  await expect(both(latin1Bytes("k"), large)).rejects.toMatchObject({
    code: "FIRN_VALUE_TOO_LARGE",
  });
  await both(long.subarray(1), new Uint8Array(1));
  expect(await store.get(space, latin1Bytes("before"))).toBeDefined();
  await store.close();
});

test("invariant 9: a second open is refused until the first closes or ends", async () => {
  const machine = makeMachine(1);
  const store = await core.open(machine);
  await expect(core.open(machine)).rejects.toMatchObject({
    code: "FIRN_STORE_LOCKED",
    kind: "conflict",
  });
  await store.close();
  await (await core.open(machine)).close();
  await core.open(machine);
  const next = await core.open(restartMachine(machine, "kill"));
  await next.close();
});

test("invariant 10: commit time never goes back, whatever the clock does", async () => {
  const machine = makeMachine(1);
  const { store, space } = await openWithSpace(machine);
  machine.clock.advance(60_000);
  const late = await store.transact((tx) => {
    tx.put(space, latin1Bytes("a"), latin1Bytes("1"));
    return tx.now;
  });
  const clock = new ManualClock(late - 50_000);
  const next = await core.open({ ...restartMachine(machine, "crash"), clock });
  expect(await next.transact((tx) => tx.now)).toBeGreaterThanOrEqual(late);
  await next.close();
});

test("invariant 10: commit time stands still while the clock is turned back", async () => {
  const machine = makeMachine(1);
  let turnedMs = 0;
  const { clock: real } = machine;
  const clock = {
    mode: real.mode,
    now: () => real.now() - turnedMs,
    monotonicMs: () => real.monotonicMs(),
    schedule: (delayMs: number, callback: () => void) => real.schedule(delayMs, callback),
    advance: (ms: number) => real.advance(ms),
  };
  const { store, space } = await openWithSpace({ ...machine, clock } as unknown as SimMachine);
  const commit = (): Promise<number> =>
    store.transact((tx) => {
      tx.put(space, latin1Bytes("a"), latin1Bytes("1"));
      return tx.now;
    });
  const first = await commit();
  turnedMs = 50_000;
  expect(await commit()).toBe(first);
  await store.close();
});

test("invariant 10: the clock's mode is fixed when a store is made", async () => {
  const machine = makeMachine(1);
  await (await core.open(machine)).close();
  const clock = { mode: { kind: "real" } } as never;
  await expect(core.open({ ...machine, clock })).rejects.toMatchObject({
    code: "FIRN_CLOCK_MODE",
  });
});

/** A disk whose syncs of one folder are answered when a gate is lifted. */
class SyncGate {
  readonly fileSystem: FileSystem;
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  #gate: Promise<void> = Promise.resolve();
  #raise: () => void = () => {};

  constructor(fileSystem: FileSystem, folder: string) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.fileSystem = new Proxy(fileSystem, {
      get: (target, name) => {
        if (name === "open") return this.#open.bind(this);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  shut(): void {
    this.#gate = new Promise((resolve) => {
      this.#raise = resolve;
    });
  }

  lift(): void {
    this.#raise();
  }

  async #open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    const handle = await this.#fileSystem.open(path, options);
    const sync = handle.sync.bind(handle);
    if (path.startsWith(`${SIM_DIRECTORY}/${this.#folder}/`)) {
      handle.sync = async () => {
        // The disk covers what was written before the call, however late it answers.
        const synced = sync();
        await this.#gate;
        await synced;
      };
    }
    return handle;
  }
}
