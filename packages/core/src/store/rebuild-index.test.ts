import { SimCore, makeMachine, restartMachine } from "@firn/testing";
import { expect, test } from "vitest";

const SPACE = 16;
const LIMITS = { memtableBytes: 1e6, memtableKeys: 1000 };

const key = (name: string): Uint8Array => Buffer.from(name);

test("what is flushed while the new index takes the old one's place is not lost", async () => {
  const core = await SimCore.load();
  for (let seed = 1; seed <= 20; seed++) {
    const machine = makeMachine(seed);
    const store = await core.open(machine, LIMITS);
    await store.transact((tx) => tx.createKeySpace());
    await store.transact((tx) => tx.put(SPACE, key("old"), key("1")));
    await store.checkpoint();
    await store.transact((tx) => tx.put(SPACE, key("new"), key("2")));
    let checkpoint: Promise<void> | undefined;
    machine.fileSystem.hook = ({ operation, path }) => {
      if (operation === "write" && path.endsWith("/manifest.new"))
        checkpoint ??= store.checkpoint();
      return undefined;
    };
    await store.care.indexDamaged("a test says so");
    machine.fileSystem.hook = undefined;
    expect(checkpoint).toBeDefined();
    await checkpoint;
    for (const name of ["old", "new"]) {
      expect(await store.get(SPACE, key(name)), `${name}, seed ${seed}`).toBeDefined();
    }
    await store.close();
    expect(await core.check(restartMachine(machine, "kill"))).toEqual([]);
  }
});

test("dropped key spaces stay dropped in an index that is built anew", async () => {
  const core = await SimCore.load();
  const machine = makeMachine(7);
  const store = await core.open(machine, LIMITS);
  await store.transact((tx) => tx.createKeySpace());
  await store.transact((tx) => tx.createKeySpace());
  await store.transact((tx) => tx.put(SPACE, key("a"), key("1")));
  await store.transact((tx) => tx.put(SPACE + 1, key("b"), key("1")));
  await store.checkpoint();
  await store.transact((tx) => tx.dropKeySpace(SPACE));
  await store.checkpoint();
  await store.care.indexDamaged("a test says so");
  await expect(store.get(SPACE, key("a"))).rejects.toMatchObject({
    code: "FIRN_KEY_SPACE_NOT_FOUND",
  });
  expect(await store.get(SPACE + 1, key("b"))).toEqual(key("1"));
  await store.close();
  const again = await core.open(restartMachine(machine, "kill"), LIMITS);
  await expect(again.get(SPACE, key("a"))).rejects.toMatchObject({
    code: "FIRN_KEY_SPACE_NOT_FOUND",
  });
  await again.close();
});
