import { expect, test } from "vitest";
import { afterPrefix, closedPart, joinKey, partitionKey, segmentBounds } from "./key-bytes.ts";

function compareClosed(type: "S" | "B", left: string, right: string): number {
  return Buffer.compare(closedPart({ type, content: left }), closedPart({ type, content: right }));
}

test("strings are ordered by their UTF-8 bytes, also where UTF-16 disagrees", () => {
  expect(compareClosed("S", "a", "b")).toBe(-1);
  expect(compareClosed("S", "a", "ab")).toBe(-1);
  expect(compareClosed("S", "a", "a\0")).toBe(-1);
  expect(compareClosed("S", "a\0b", "ab")).toBe(-1);
  // U+FFFD before U+1F600: as UTF-16 units the surrogate pair would come first.
  expect(compareClosed("S", "\ufffd", "\u{1f600}")).toBe(-1);
});

test("no part is the beginning of another, so that keys of several parts are unambiguous", () => {
  const one = joinKey(
    closedPart({ type: "S", content: "a" }),
    closedPart({ type: "S", content: "bc" }),
  );
  const two = joinKey(
    closedPart({ type: "S", content: "ab" }),
    closedPart({ type: "S", content: "c" }),
  );
  expect(Buffer.compare(one, two)).not.toBe(0);
});

test("the hash of a partition key is the head of MD5 over Outliers and its raw bytes", () => {
  // printf 'Outliersa' | md5sum; a number hashes its packed bytes.
  expect(Buffer.from(partitionKey([{ type: "S", content: "a" }])).toString("hex")).toMatch(
    /^[0-9a-f]{8}610000$/,
  );
  // One string takes a way of its own to the same bytes.
  for (const text of ["a", "é\u{1f600}", "a\0b", "\0"]) {
    const content = Buffer.from(text).toString("base64");
    expect(
      Buffer.compare(
        partitionKey([{ type: "S", content: text }]),
        partitionKey([{ type: "B", content }]),
      ),
    ).toBe(0);
  }
  const one = partitionKey([{ type: "N", content: "1" }]);
  expect(Buffer.from(one.subarray(4)).toString("hex")).toBe("c10200");
});

test("segments cover the whole hash space without overlap", () => {
  for (const total of [1, 3, 7, 1000]) {
    for (let segment = 0; segment + 1 < total; segment++) {
      expect(segmentBounds(segment, total).to).toEqual(segmentBounds(segment + 1, total).from);
    }
    expect([...segmentBounds(0, total).from]).toEqual([0, 0, 0, 0]);
    expect(segmentBounds(total - 1, total).to).toBeUndefined();
  }
});

test("the key behind a prefix carries over 0xff and ends with the key space", () => {
  expect(afterPrefix(Uint8Array.of(1, 0xff))).toEqual(Uint8Array.of(2));
  expect(afterPrefix(Uint8Array.of(0xff, 0xff))).toBeUndefined();
  expect(afterPrefix(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 3));
});

test("a sort part given with the partition is the part behind it", () => {
  const sort = closedPart({ type: "N", content: "17" });
  for (const content of ["a", "\u00e9\u4e2d", "a\0b", "7"]) {
    for (const type of ["S", "N"] as const) {
      if (type === "N" && content !== "7") continue;
      const partition = [{ type, content }];
      expect(Buffer.from(partitionKey(partition, sort))).toEqual(
        Buffer.from(joinKey(partitionKey(partition), sort)),
      );
    }
  }
});

test("an integer has the key that it has with a fraction of nothing", () => {
  for (const digits of ["1", "9", "10", "12", "99", "100", "101", "1200", "123456789012345"]) {
    for (let zeros = 0; zeros + digits.length <= 15; zeros++) {
      const content = digits + "0".repeat(zeros);
      const long = closedPart({ type: "N", content: `${content}.0` });
      expect(closedPart({ type: "N", content })).toEqual(long);
    }
  }
});
