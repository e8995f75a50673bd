import { SeededRandom } from "@firn/core";
import type { FileSystem, IndexFactory, OrderedIndex, RangePage } from "@firn/core";
import { describe, expect, test } from "vitest";
import { SortedBytes } from "../index/sorted-bytes.ts";
import { testSeed } from "../model/test-run.ts";
import { bytesOf, textOf } from "./contract-bytes.ts";

export interface IndexUnderTest {
  readonly factory: IndexFactory;
  readonly directory: string;
  readonly fileSystem: FileSystem;
}

/** The store's keys begin with four bytes of their key space; an index may keep shorter ones. */
const SPACE: readonly number[] = [0, 0, 0, 1];
const TAG = "store/1";
const ROUNDS = 60;

/** What the core relies on in every index. `make` is called once per test. */
export function orderedIndexContract(name: string, make: () => Promise<IndexUnderTest>): void {
  describe(`ordered index contract: ${name}`, () => {
    const withIndex =
      (body: (index: OrderedIndex, under: IndexUnderTest) => Promise<void>) =>
      async (): Promise<void> => {
        const under = await make();
        const index = await under.factory.open(under.directory, TAG);
        await body(index, under);
      };
    pointContract(withIndex);
    rangeContract(withIndex);
    lifeContract(withIndex);
  });
}

type WithIndex = (
  body: (index: OrderedIndex, under: IndexUnderTest) => Promise<void>,
) => () => Promise<void>;

function pointContract(withIndex: WithIndex): void {
  test(
    "a fresh index has no mark and no keys",
    withIndex(async (index) => {
      expect(index.mark).toBeUndefined();
      expect(index.getSync(bytesOf("a"))).toBeUndefined();
      await index.close();
    }),
  );

  test(
    "a batch puts and deletes, and carries its mark",
    withIndex(async (index) => {
      await put(index, { a: "1", b: "2" });
      expect(index.mark).toBeUndefined();
      const mark = { lsn: 7, position: 2 ** 40 + 1, time: 1_700_000_000_123 };
      await index.write([{ key: bytesOf("a"), value: undefined }], mark);
      expect(textOf(index.getSync(bytesOf("a")))).toBeUndefined();
      expect(textOf(index.getSync(bytesOf("b")))).toBe("2");
      expect(index.mark).toEqual(mark);
      await index.close();
    }),
  );

  test(
    "an empty batch may carry a mark alone",
    withIndex(async (index) => {
      const mark = { lsn: 1, position: 64, time: 1 };
      await index.write([], mark);
      expect(index.mark).toEqual(mark);
      await index.close();
    }),
  );

  test(
    "empty values and keys of any byte are kept apart",
    withIndex(async (index) => {
      const ends = [[], [0], [0, 0], [0, 255], [127], [128], [255], [255, 0], [255, 255]];
      const keys = ends.map((end) => [...SPACE, ...end]);
      const batch = keys.map((key, at) => ({
        key: Uint8Array.from(key),
        value: new Uint8Array(at === 0 ? 0 : 1).fill(at),
      }));
      await index.write(batch);
      for (const { key, value } of batch) {
        expect([...(index.getSync(key) as Uint8Array)]).toEqual([...value]);
      }
      const snapshot = index.snapshot();
      const page = await snapshot.page({ limit: 100 });
      expect(page.map(({ key }) => [...key])).toEqual(keys);
      snapshot.close();
      await index.close();
    }),
  );

  test(
    "the caller's buffers may change when write has resolved",
    withIndex(async (index) => {
      const key = bytesOf("key");
      const value = bytesOf("value");
      await index.write([{ key, value }]);
      key.fill(0);
      value.fill(0);
      expect(textOf(index.getSync(bytesOf("key")))).toBe("value");
      await index.close();
    }),
  );
}

function rangeContract(withIndex: WithIndex): void {
  test(
    "ranges hold their bounds, limit and direction",
    withIndex(async (index) => {
      await put(index, { a: "1", ab: "2", b: "3", c: "4" });
      const snapshot = index.snapshot();
      const keys = async (page: RangePage): Promise<string> =>
        (await snapshot.page(page)).map(({ key }) => textOf(key)).join(" ");
      const [a, b, c] = [bytesOf("a"), bytesOf("b"), bytesOf("c")];
      expect(await keys({ limit: 10 })).toBe("a ab b c");
      expect(await keys({ gt: a, lt: c, limit: 10 })).toBe("ab b");
      expect(await keys({ gte: a, lte: c, limit: 10, reverse: true })).toBe("c b ab a");
      expect(await keys({ gte: b, limit: 1 })).toBe("b");
      expect(await keys({ lt: b, limit: 1, reverse: true })).toBe("ab");
      expect(await keys({ gt: c, limit: 10 })).toBe("");
      expect(await keys({ gte: c, lt: a, limit: 10 })).toBe("");
      snapshot.close();
      await index.close();
    }),
  );

  test(
    "a snapshot stays as it was",
    withIndex(async (index) => {
      await put(index, { a: "1", b: "2" });
      const snapshot = index.snapshot();
      await put(index, { a: "changed", c: "3" });
      await index.write([{ key: bytesOf("b"), value: undefined }]);
      expect(textOf(snapshot.getSync(bytesOf("a")))).toBe("1");
      expect(snapshot.getSync(bytesOf("c"))).toBeUndefined();
      const page = await snapshot.page({ limit: 10 });
      expect(page.map(({ value }) => textOf(value))).toEqual(["1", "2"]);
      snapshot.close();
      snapshot.close();
      await index.close();
    }),
  );

  test(
    "random batches and ranges agree with a sorted map",
    withIndex(async (index) => {
      const random = new SeededRandom(testSeed());
      const model = new SortedBytes();
      const key = (): Uint8Array =>
        Uint8Array.from([...SPACE, ...random.bytes(random.below(3)).map((byte) => byte & 0x83)]);
      for (let round = 0; round < ROUNDS; round++) {
        const batch = Array.from({ length: random.below(12) }, () => ({
          key: key(),
          value: random.below(3) === 0 ? undefined : random.bytes(random.below(40)),
        }));
        await index.write(batch);
        for (const write of batch) model.set(write.key, write.value);
        const page: RangePage = {
          limit: 1 + random.below(20),
          reverse: random.below(2) === 0,
          [random.below(2) === 0 ? "gt" : "gte"]: key(),
          [random.below(2) === 0 ? "lt" : "lte"]: key(),
        };
        const snapshot = index.snapshot();
        expect(plain(await snapshot.page(page))).toEqual(plain(model.page(page)));
        snapshot.close();
      }
      await index.close();
    }),
  );
}

function lifeContract(withIndex: WithIndex): void {
  test(
    "what was written is there after opening again, with the mark",
    withIndex(async (index, { factory, directory }) => {
      const mark = { lsn: 12, position: 4096, time: 99 };
      await index.write([{ key: bytesOf("a"), value: bytesOf("1") }], mark);
      await index.close();
      const again = await factory.open(directory, TAG);
      expect(textOf(again.getSync(bytesOf("a")))).toBe("1");
      expect(again.mark).toEqual(mark);
      await again.close();
    }),
  );

  test(
    "an index of another tag is emptied",
    withIndex(async (index, { factory, directory }) => {
      await index.write([{ key: bytesOf("a"), value: bytesOf("1") }], {
        lsn: 1,
        position: 1,
        time: 1,
      });
      await index.close();
      const other = await factory.open(directory, "store/2");
      expect(other.getSync(bytesOf("a"))).toBeUndefined();
      expect(other.mark).toBeUndefined();
      await put(other, { b: "2" });
      await other.close();
      const again = await factory.open(directory, "store/2");
      expect(textOf(again.getSync(bytesOf("b")))).toBe("2");
      await again.close();
    }),
  );

  test(
    "a destroyed index is empty",
    withIndex(async (index, { factory, directory, fileSystem }) => {
      await put(index, { a: "1" });
      await index.close();
      await factory.destroy(directory, fileSystem);
      const again = await factory.open(directory, TAG);
      expect(again.getSync(bytesOf("a"))).toBeUndefined();
      await again.close();
    }),
  );
}

async function put(index: OrderedIndex, entries: Readonly<Record<string, string>>): Promise<void> {
  const batch = Object.entries(entries).map(([key, value]) => ({
    key: bytesOf(key),
    value: bytesOf(value),
  }));
  await index.write(batch);
}

function plain(entries: readonly { key: Uint8Array; value: Uint8Array }[]): string[] {
  return entries.map(({ key, value }) => `${hex(key)}=${hex(value)}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
