import { expect, test } from "vitest";
import { CHUNK_BUFFERS_KEPT } from "../constants.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";

test("a buffer that was given back comes again, and belongs to one writer at a time", () => {
  const buffers = new ChunkBuffers(16);
  const one = buffers.take(16);
  expect(buffers.take(16)).not.toBe(one);
  buffers.give(one);
  expect(buffers.take(16)).toBe(one);
  expect(buffers.take(16)).not.toBe(one);
});

test("so many are kept, and none of another length", () => {
  const buffers = new ChunkBuffers(16);
  const all = Array.from({ length: CHUNK_BUFFERS_KEPT + 1 }, () => buffers.take(16));
  for (const one of all) buffers.give(one);
  buffers.give(buffers.take(8));
  buffers.give(undefined);
  const again = Array.from({ length: CHUNK_BUFFERS_KEPT + 1 }, () => buffers.take(16));
  expect(again.filter((one) => all.includes(one))).toHaveLength(CHUNK_BUFFERS_KEPT);
  expect(buffers.take(8)).toHaveLength(8);
});
