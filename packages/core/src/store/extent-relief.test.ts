import { SimCore, codeOf, makeMachine, restartMachine, turn } from "@firn/testing";
import { expect, test } from "vitest";
import type { BlobId } from "../store-api.ts";

type OpenedStore = Awaited<ReturnType<SimCore["open"]>>;

const BLOB_BYTES = 200_000;

async function put(store: OpenedStore, fill: number): Promise<BlobId> {
  const staged = await store.blobs.stage(new Uint8Array(BLOB_BYTES).fill(fill));
  return store.transact((tx) => tx.attachBlob(staged));
}

/** Puts until the disk refuses. */
async function fillDisk(store: OpenedStore): Promise<BlobId[]> {
  const ids: BlobId[] = [];
  for (;;) {
    try {
      ids.push(await put(store, ids.length));
    } catch (error) {
      expect(codeOf(error)).toBe("FIRN_DISK_FULL");
      return ids;
    }
  }
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await turn();
}

test("a full disk of nothing but dead blobs makes room by itself, without a restart", async () => {
  const core = await SimCore.load();
  const machine = makeMachine(4);
  const limits = { segmentBytes: 64 * 1024, prepareBytes: 32 * 1024 };
  const store = await core.open(machine, limits);
  await put(store, 1);
  await turns(20);
  expect(machine.fileSystem.files()).toContain("/data/spare");
  machine.fileSystem.capacityBytes = machine.fileSystem.usedBytes + 6 * BLOB_BYTES;
  const ids = await fillDisk(store);
  expect(ids.length).toBeGreaterThan(2);
  // Not a byte is left: whoever wants to write a manifest needs room of his own.
  machine.fileSystem.capacityBytes = machine.fileSystem.usedBytes;
  await store.transact((tx) => ids.forEach((id) => tx.releaseBlob(id)));
  let refused = 0;
  for (let done = false; !done && refused < 5;) {
    done = await put(store, 9).then(
      () => true,
      (error: unknown) => {
        expect(codeOf(error)).toBe("FIRN_DISK_FULL");
        return false;
      },
    );
    if (!done) refused++;
    await turns(200);
  }
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(5);
  expect(machine.fileSystem.files()).toContain("/data/spare");
  await store.close();
  expect(await core.check(restartMachine(machine, "kill"))).toEqual([]);
});
