import { expect, test } from "vitest";
import { coreError } from "../errors.ts";
import { encodeKey } from "../index/key.ts";
import { openStore } from "../store/open-store.ts";
import { makeTemporaryDirectory } from "./directories.ts";
import type { FileHandle } from "./file-system.ts";
import { NodeFileSystem } from "./node-file-system.ts";
import { openFilesMax } from "./open-files.ts";

/** As the real one when the process is out of descriptors. */
class ExhaustedFileSystem extends NodeFileSystem {
  exhausted = false;

  override async open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    if (this.exhausted) throw coreError("FIRN_FILES_EXHAUSTED", "no descriptor is left");
    return super.open(path, options);
  }
}

test("a store that finds no descriptor refuses the write, and takes it when there is one", async () => {
  const directory = await makeTemporaryDirectory();
  const fileSystem = new ExhaustedFileSystem({ sync: false });
  const store = await openStore({ directory, fileSystem });
  const space = await store.openKeySpace("things");
  fileSystem.exhausted = true;
  const refused = store.blobs.stage(new Uint8Array(100_000));
  await expect(refused).rejects.toMatchObject({ code: "FIRN_FILES_EXHAUSTED" });
  fileSystem.exhausted = false;
  const staged = await store.blobs.stage(new Uint8Array(100_000));
  await store.transact((tx) => {
    tx.attachBlob(staged);
    tx.put(space, encodeKey("a"), new Uint8Array(1));
  });
  await store.close();
  await fileSystem.remove(directory);
});

test.runIf(process.platform === "linux")("the limit of open files is known", () => {
  expect(openFilesMax()).toBeGreaterThan(16);
});
