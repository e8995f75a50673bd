import { orderedIndexContract } from "@firn/testing";
import { afterAll } from "vitest";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { levelIndex } from "./level-index.ts";

const directories: string[] = [];
const fileSystem = new NodeFileSystem();

afterAll(async () => {
  for (const directory of directories) await fileSystem.remove(directory);
});

orderedIndexContract("level", async () => {
  const directory = await makeTemporaryDirectory();
  directories.push(directory);
  return { factory: levelIndex, directory: `${directory}/index`, fileSystem };
});
