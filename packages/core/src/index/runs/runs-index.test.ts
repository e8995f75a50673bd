import { SimFileSystem, orderedIndexContract } from "@firn/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { loadHasher } from "../../hasher.ts";
import { makeTemporaryDirectory } from "../../platform/directories.ts";
import { NodeFileSystem } from "../../platform/node-file-system.ts";
import { levelIndex } from "../level-index.ts";
import type { IndexWrite, OrderedIndex } from "../ordered-index.ts";
import { runsIndex } from "./runs-index.ts";

const directories: string[] = [];
const fileSystem = new NodeFileSystem({ sync: false });
const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

afterAll(async () => {
  for (const directory of directories) await fileSystem.remove(directory);
});

async function newDirectory(): Promise<string> {
  const directory = await makeTemporaryDirectory();
  directories.push(directory);
  return directory;
}

orderedIndexContract("sorted runs", async () => {
  const factory = runsIndex({ fileSystem, hasher: await loadHasher() });
  return { factory, directory: `${await newDirectory()}/index`, fileSystem };
});

interface Step {
  readonly batch: readonly IndexWrite[];
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  readonly limit: number;
  readonly reopen: boolean;
}

const keyOf = (at: number): Uint8Array => Buffer.from([0, 0, 0, 9, at >> 8, at & 0xff]);

const write: fc.Arbitrary<IndexWrite> = fc
  .tuple(fc.nat({ max: 600 }), fc.option(fc.nat({ max: 900 }), { nil: undefined }))
  .map(([key, length]) => ({
    key: keyOf(key),
    value: length === undefined ? undefined : Buffer.alloc(length, length),
  }));

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    batch: fc.array(write, { maxLength: 60 }),
    from: fc.nat({ max: 600 }),
    to: fc.nat({ max: 600 }),
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 200 }),
    reopen: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test(`runs and level agree in every get and range (FIRN_SEED=${seed})`, async () => {
  const hasher = await loadHasher();
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const directory = await newDirectory();
      const factory = runsIndex({ fileSystem, hasher, cacheBytes: 20_000 });
      const level = await levelIndex.open(`${directory}/level`, "tag");
      let runs = await factory.open(`${directory}/runs`, "tag");
      for (const step of list) {
        await level.write(step.batch);
        await runs.write(step.batch);
        if (step.reopen) {
          await runs.close();
          runs = await factory.open(`${directory}/runs`, "tag");
        }
        expect(await answers(runs, step)).toEqual(await answers(level, step));
      }
      await runs.close();
      await level.close();
      await fileSystem.remove(directory);
    }),
    { seed, numRuns: 25 },
  );
});

/** What an index says to a step, as text. */
async function answers(index: OrderedIndex, step: Step): Promise<string[]> {
  const { from, to, reverse, limit } = step;
  const snapshot = index.snapshot();
  const page = await snapshot.page({ gte: keyOf(from), lt: keyOf(to), reverse, limit });
  snapshot.close();
  const got = step.batch.map(({ key }) => index.getSync(key));
  return [
    ...page.map(({ key, value }) => `${Buffer.from(key).toString("hex")}=${value.length}`),
    ...got.map((value) => (value === undefined ? "absent" : `${value.length}:${value[0]}`)),
  ];
}

test("many batches are merged into few runs, and deletions leave nothing behind", async () => {
  const directory = `${await newDirectory()}/index`;
  const factory = runsIndex({ fileSystem, hasher: await loadHasher() });
  const index = await factory.open(directory, "tag");
  for (let round = 0; round < 64; round++) {
    const batch = Array.from({ length: 50 }, (_, i) => ({
      key: keyOf(i),
      value: round < 63 ? Buffer.from(`${round}`) : undefined,
    }));
    await index.write(batch, { lsn: round, position: round, time: round });
  }
  await index.close();
  const files = (await fileSystem.list(directory)).filter((name) => name.endsWith(".run"));
  // At most 16 of the first level, and fewer than 8 of each other one.
  expect(files.length).toBeLessThanOrEqual(23);
  const again = await factory.open(directory, "tag");
  expect(again.mark).toEqual({ lsn: 63, position: 63, time: 63 });
  const snapshot = again.snapshot();
  expect(await snapshot.page({ limit: 10 })).toEqual([]);
  snapshot.close();
  await again.close();
});

const atOnce = { take: async () => {}, slice: async () => {} };

test("a flipped byte of a run is told, never served", async () => {
  const hasher = await loadHasher();
  const disk = new SimFileSystem({ seed });
  const factory = runsIndex({ fileSystem: disk, hasher });
  const index = await factory.open("/index", "tag");
  await index.write([{ key: keyOf(1), value: Buffer.from("value") }]);
  await index.close();
  expect(await factory.verifyFiles?.("/index", atOnce)).toEqual([]);
  const path = "/index/0000000001.run";
  const bytes = await disk.readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const handle = await disk.open(path, { create: false });
    await handle.write([Uint8Array.of((bytes[at] as number) ^ 0x40)], at);
    const outcome = await factory
      .open("/index", "tag")
      .then(async (opened) => {
        const value = opened.getSync(keyOf(1));
        await opened.close();
        return value;
      })
      .catch((error: { code: string }) => error.code);
    expect(outcome, `byte ${at}`).toBe("FIRN_RECORD_CORRUPT");
    expect(await factory.verifyFiles?.("/index", atOnce), `byte ${at}`).toHaveLength(1);
    await handle.write([Uint8Array.of(bytes[at] as number)], at);
    await handle.close();
  }
});
