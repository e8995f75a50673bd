import { SeededRandom } from "@firn/core";
import type { Entry, RangePage } from "@firn/core";
import { expect, test } from "vitest";
import { headKey, headKeys } from "../layout/key-layout.ts";
import { commonPrefixOf, listNames, startAfterName } from "./list-names.ts";
import type { ListQuery, Pager } from "./list-names.ts";

interface Counted {
  readonly pager: Pager;
  reads(): number;
}

function pagerOver(names: readonly string[]): Counted {
  let read = 0;
  const entries = names
    .map((name): Entry => ({ key: headKey(name), value: new Uint8Array() }))
    .toSorted((a, b) => Buffer.compare(a.key, b.key));
  const inside = (entry: Entry, page: RangePage): boolean =>
    Buffer.compare(entry.key, page.gte ?? new Uint8Array()) >= 0 &&
    Buffer.compare(entry.key, page.lt ?? Buffer.from([0xff])) < 0;
  return {
    reads: () => read,
    pager: (page) => {
      const found = entries.filter((entry) => inside(entry, page)).slice(0, page.limit);
      read += found.length;
      return Promise.resolve(found);
    },
  };
}

/** The same by brute force: what S3's documentation says, over all names. */
function expected(names: readonly string[], query: Omit<ListQuery, "limit">): string[] {
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const shown = sorted
    .filter((name) => name.startsWith(query.prefix))
    .map((name) => commonPrefixOf(name, query) ?? name);
  return [...new Set(shown)];
}

async function collect(names: readonly string[], query: ListQuery): Promise<string[]> {
  const { pager } = pagerOver(names);
  const all: string[] = [];
  let start: Uint8Array | undefined;
  for (;;) {
    const page = await listNames(pager, headKeys, { ...query, start });
    all.push(...page.found.map((one) => one.name));
    const last = page.found.at(-1);
    if (!page.truncated || last === undefined) return all;
    start = startAfterName(headKeys, last.name, query);
  }
}

test("pages of any size add up to the names and common prefixes of the documentation", async () => {
  const seed = Number(process.env["FIRN_SEED"] ?? 20261124);
  const random = new SeededRandom(seed);
  const alphabet = ["a", "b", "/", "//", "\u0000", "é", "😀"];
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;
  const word = (length: number): string => Array.from({ length }, () => pick(alphabet)).join("");
  for (let round = 0; round < 300; round++) {
    const names = [
      ...new Set(Array.from({ length: random.below(60) }, () => word(1 + random.below(6)))),
    ];
    const query = { prefix: word(random.below(3)), delimiter: pick(["", "/", "//", "a"]) };
    const limit = 1 + random.below(7);
    const listed = await collect(names, { ...query, limit });
    expect(listed, `seed ${seed}, round ${round}`).toEqual(expected(names, query));
  }
});

test("what lies under a common prefix is skipped, not read", async () => {
  const folders = Array.from({ length: 100 }, (_, index) => `folder-${1000 + index}/`);
  const names = folders.flatMap((folder) =>
    Array.from({ length: 200 }, (_, index) => `${folder}${index}`),
  );
  const counted = pagerOver(names);
  const page = await listNames(counted.pager, headKeys, {
    prefix: "",
    delimiter: "/",
    limit: 1000,
  });
  expect(page.found.map((one) => one.name)).toEqual(folders);
  expect(counted.reads()).toBeLessThan(folders.length * 5);
});

test("a page of a million flat keys reads one entry more than it shows", async () => {
  const counted = pagerOver(Array.from({ length: 5000 }, (_, index) => `key-${10_000 + index}`));
  const page = await listNames(counted.pager, headKeys, {
    prefix: "key",
    delimiter: "",
    limit: 1000,
  });
  expect([page.found.length, page.truncated, counted.reads()]).toEqual([1000, true, 1001]);
});

test("a full last page is not truncated, and a limit of 0 lists nothing", async () => {
  const { pager } = pagerOver(["a", "b/1", "b/2"]);
  const query = { prefix: "", delimiter: "/", limit: 2 };
  expect((await listNames(pager, headKeys, query)).truncated).toBe(false);
  expect(await listNames(pager, headKeys, { ...query, limit: 0 })).toEqual({
    found: [],
    truncated: false,
  });
});

test("a start behind a name inside a common prefix still shows that prefix", async () => {
  const { pager } = pagerOver(["a/1", "a/2", "b"]);
  const query = { prefix: "", delimiter: "/", limit: 10 };
  const names = async (after: string): Promise<string[]> => {
    const start = startAfterName(headKeys, after, query);
    return (await listNames(pager, headKeys, { ...query, start })).found.map((one) => one.name);
  };
  expect(await names("a/1")).toEqual(["a/", "b"]);
  expect(await names("a/")).toEqual(["b"]);
  expect(await names("zz")).toEqual([]);
});
