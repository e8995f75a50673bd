import { fileSystemContract } from "@firn/testing";
import { afterAll, expect, test } from "vitest";
import { makeTemporaryDirectory } from "./directories.ts";
import { NodeFileSystem } from "./node-file-system.ts";

const directories: string[] = [];

async function make(): Promise<{ fileSystem: NodeFileSystem; directory: string }> {
  const directory = await makeTemporaryDirectory();
  directories.push(directory);
  return { fileSystem: new NodeFileSystem(), directory };
}

afterAll(async () => {
  for (const directory of directories) await new NodeFileSystem().remove(directory);
});

fileSystemContract("Node", make);

test("invariant 9: the lock keeps a second holder out, in the same process too", async () => {
  const { fileSystem, directory } = await make();
  const held = await fileSystem.lock(`${directory}/lock`);
  expect(await new NodeFileSystem().lock(`${directory}/lock`)).toBeUndefined();
  await held?.release();
  const next = await new NodeFileSystem().lock(`${directory}/lock`);
  expect(next).toBeDefined();
  await next?.release();
});
