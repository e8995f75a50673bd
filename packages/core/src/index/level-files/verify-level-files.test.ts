import { printLine, testBudgetMs, testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../platform/directories.ts";
import { NodeFileSystem } from "../../platform/node-file-system.ts";
import { SeededRandom } from "../../platform/random.ts";
import { levelIndex } from "../level-index.ts";
import type { OrderedIndex } from "../ordered-index.ts";
import { readLevelLog } from "./level-log.ts";
import { verifyLevelTable } from "./level-table.ts";
import { readLevelVersion } from "./level-version.ts";
import { MaskedCrc } from "./masked-crc.ts";
import { verifyLevelFiles } from "./verify-level-files.ts";

const QUICK_MS = 2000;
const AT_ONCE = { take: () => Promise.resolve(), slice: () => Promise.resolve() };
const fileSystem = new NodeFileSystem({ sync: false });
let directory: string;
let index: OrderedIndex;

/** Values that Snappy compresses, and enough of them for tables. */
async function fill(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const writes = Array.from({ length: 1000 }, (_, at) => ({
      key: Buffer.from(`key ${(round * 7919 + at * 31) % 50_000}`),
      value: Buffer.alloc(200, at & 7),
    }));
    await index.write(writes, { lsn: round + 1, position: 0, time: 0 });
  }
}

/** LevelDB may close before it has removed what it merged. */
async function filesThatCount(): Promise<string[]> {
  const read = (name: string): Promise<Uint8Array> => fileSystem.readFile(`${directory}/${name}`);
  const current = Buffer.from(await read("CURRENT"));
  const manifest = Buffer.from(await read(current.toString().trim()));
  const { records } = readLevelLog(manifest, await MaskedCrc.load());
  const { tables, logNumber } = readLevelVersion(records);
  return (await fileSystem.list(directory)).filter((name) => {
    if (name.endsWith(".log")) return Number.parseInt(name, 10) >= logNumber;
    if (name.endsWith(".ldb")) return tables.has(Number.parseInt(name, 10));
    return !/^LO(G|CK)/.test(name);
  });
}

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  index = await levelIndex.open(directory, "test");
  await fill(100);
});

afterAll(async () => {
  await index.close();
  await fileSystem.remove(directory);
});

test("a whole index has no fault, while it is written to and merged", async () => {
  const writing = fill(40);
  for (let round = 0; round < 20; round++) {
    expect(await verifyLevelFiles(fileSystem, directory, AT_ONCE)).toEqual([]);
  }
  await writing;
  await index.verify?.(AT_ONCE);
});

test("every changed byte of its files is found, LevelDB's own notes aside", async () => {
  const seed = testSeed();
  printLine(`seed ${seed}`);
  const random = new SeededRandom(seed);
  await index.close();
  const names = await filesThatCount();
  expect(names.filter((name) => name.endsWith(".ldb")).length).toBeGreaterThan(1);
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.1);
  let flips = 0;
  for (; flips < 100 || performance.now() < endAt; flips++) {
    const path = `${directory}/${names[random.below(names.length)]}`;
    const bytes = Buffer.from(await fileSystem.readFile(path));
    if (bytes.length === 0) continue;
    // Heads and tails of files have fields of their own.
    const edge = Math.min(bytes.length, 64);
    const offsets = [
      random.below(bytes.length),
      random.below(edge),
      bytes.length - 1 - random.below(edge),
    ];
    const offset = offsets[flips % 3] as number;
    const changed = Buffer.from([(bytes[offset] as number) ^ (1 << random.below(8))]);
    await overwrite(path, offset, changed);
    const faults = await verifyLevelFiles(fileSystem, directory, AT_ONCE);
    expect(faults, `${path}, offset ${offset}`).not.toEqual([]);
    await overwrite(path, offset, bytes.subarray(offset, offset + 1));
  }
  printLine(`found: ${flips} flipped bits`);
  expect(await verifyLevelFiles(fileSystem, directory, AT_ONCE)).toEqual([]);
  index = await levelIndex.open(directory, "test");
});

test("a number in a table's footer may not be written in more bytes than it takes", async () => {
  const crc = await MaskedCrc.load();
  const name = (await filesThatCount()).find((file) => file.endsWith(".ldb"));
  const bytes = Buffer.from(await fileSystem.readFile(`${directory}/${name}`));
  expect(verifyLevelTable(bytes, crc)).toEqual([]);
  for (let at = bytes.length - 48; at < bytes.length; at++) {
    bytes[at] = (bytes[at] as number) ^ 0x80;
    expect(verifyLevelTable(bytes, crc), `byte ${at}`).not.toEqual([]);
    bytes[at] = (bytes[at] as number) ^ 0x80;
  }
});

test("a record that was not finished is no fault, wherever it ends", async () => {
  await index.close();
  const names = await fileSystem.list(directory);
  const path = `${directory}/${names.find((name) => name.endsWith(".log"))}`;
  const whole = Buffer.from(await fileSystem.readFile(path));
  await fileSystem.remove(path);
  for (const bytes of [whole.length - 1, whole.length - 100, 40_000, 5, 0]) {
    await fileSystem.remove(path);
    await overwrite(path, 0, whole.subarray(0, bytes));
    expect(await verifyLevelFiles(fileSystem, directory, AT_ONCE), `${bytes} bytes`).toEqual([]);
  }
  await overwrite(path, 0, whole);
  index = await levelIndex.open(directory, "test");
});

test("an index with a bad block refuses to verify", async () => {
  await fill(20);
  const name = (await fileSystem.list(directory)).find((one) => one.endsWith(".ldb"));
  await overwrite(`${directory}/${name}`, 10, Buffer.from("rot"));
  await expect(index.verify?.(AT_ONCE)).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
});

test("a directory without an index has no fault", async () => {
  expect(await verifyLevelFiles(fileSystem, `${directory}/none`, AT_ONCE)).toEqual([]);
});

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await fileSystem.open(path, { create: true });
  await file.write([bytes], offset);
  await file.close();
}
