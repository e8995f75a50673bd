import { FirnError, SeededRandom } from "@firn/core";
import { testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { FIRST_POINTER, HOLE, NODE_SLOTS, UNIT_BYTES, ZERO } from "./constants.ts";
import { MapNode } from "./map-node.ts";
import { decodeNode, encodeNode } from "./node-codec.ts";

const ID = 99;

function node(level: number, slots: Float64Array): MapNode {
  const made = MapNode.filled(ID, level, HOLE);
  slots.forEach((value, slot) => made.set(slot, value));
  return made;
}

function emptySlots(level: number): Float64Array {
  return new Float64Array(NODE_SLOTS[level] as number);
}

/** Slots as volumes leave them: runs of marks, of writes in order, and of scattered writes. */
function randomSlots(level: number, random: SeededRandom): Float64Array {
  const slots = emptySlots(level);
  const stride = level === 0 ? UNIT_BYTES : 1;
  let at = 0;
  while (at < slots.length) {
    const end = Math.min(slots.length, at + 1 + random.below(random.below(2) === 0 ? 3 : 300));
    const kind = random.below(4);
    let value = FIRST_POINTER + random.below(2 ** 31) * 2 ** 20;
    for (; at < end; at++, value += stride) {
      if (kind === 0) slots[at] = HOLE;
      else if (kind === 1) slots[at] = ZERO;
      else if (kind === 2) slots[at] = value;
      else slots[at] = FIRST_POINTER + random.below(2 ** 31) * 2 ** 21;
    }
  }
  return slots;
}

test("a node that was encoded is decoded the same, at every level", () => {
  const random = new SeededRandom(testSeed());
  for (let round = 0; round < 200; round++) {
    const level = round % NODE_SLOTS.length;
    const slots = randomSlots(level, random);
    const decoded = decodeNode(ID, encodeNode(node(level, slots)));
    expect(decoded).toMatchObject({ id: ID, level, stored: true });
    expect(decoded.toSlots()).toEqual(slots);
  }
});

test("a leaf that is one hole takes 3 bytes, one written in order 11, a scattered one 8 KiB", () => {
  const slots = emptySlots(0);
  expect(encodeNode(node(0, slots))).toHaveLength(3);
  const ordered = slots.map((_, at) => 4096 + at * UNIT_BYTES);
  expect(encodeNode(node(0, ordered))).toHaveLength(11);
  const scattered = slots.map((_, at) => 4096 + ((at * 7919) % slots.length) * 2 ** 20);
  expect(encodeNode(node(0, scattered)).length).toBe(3 + 8 * slots.length);
});

test("positions are exact up to 53 bits", () => {
  const slots = emptySlots(0);
  slots[0] = Number.MAX_SAFE_INTEGER - UNIT_BYTES;
  slots[1] = Number.MAX_SAFE_INTEGER;
  slots[1023] = 2 ** 52 + 1;
  expect(decodeNode(ID, encodeNode(node(0, slots))).toSlots()).toEqual(slots);
});

test("bytes that are no node are refused as damaged, whatever they are", () => {
  const random = new SeededRandom(testSeed());
  const damaged: Uint8Array[] = [new Uint8Array(0), Uint8Array.of(4), Uint8Array.of(255, 0, 0)];
  for (let round = 0; round < 300; round++) {
    const bytes = encodeNode(node(0, randomSlots(0, random)));
    damaged.push(bytes.subarray(0, random.below(bytes.length)));
    const flipped = bytes.slice();
    flipped[random.below(flipped.length)] = random.below(256);
    damaged.push(flipped);
  }
  for (const bytes of damaged) {
    try {
      // A flipped position still is one: only its block's checksum can tell.
      expect(decodeNode(ID, bytes).toSlots().length).toBeGreaterThan(0);
    } catch (error) {
      expect(error).toBeInstanceOf(FirnError);
      expect(error).toMatchObject({ code: "FIRN_VOLUME_MAP_DAMAGED", detail: { node: ID } });
    }
  }
});

test("a node that was cut short is always refused", () => {
  const bytes = encodeNode(node(0, randomSlots(0, new SeededRandom(testSeed()))));
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeNode(ID, bytes.subarray(0, length))).toThrow("cannot be decoded");
  }
});

test("changes of a node are those of an array of slots, however many runs they leave", () => {
  const random = new SeededRandom(testSeed());
  for (let round = 0; round < 60; round++) {
    const level = round % NODE_SLOTS.length;
    const stride = level === 0 ? UNIT_BYTES : 1;
    const slots = emptySlots(level);
    let made = MapNode.filled(ID, level, HOLE);
    for (let step = 0; step < 80; step++) {
      const start = random.below(slots.length);
      const end = Math.min(slots.length, start + 1 + random.below(random.below(3) === 0 ? 200 : 3));
      const isMark = random.below(3) === 0;
      const value = isMark ? random.below(2) : FIRST_POINTER + random.below(9) * stride;
      made.assign(start, end, value);
      for (let slot = start; slot < end; slot++) {
        slots[slot] = isMark ? value : value + (slot - start) * stride;
      }
      if (step % 16 === 0) made = made.copy(ID);
      const probe = random.below(slots.length);
      expect(made.get(probe)).toBe(slots[probe]);
    }
    expect(made.toSlots()).toEqual(slots);
    expect([...made.runs()].reduce((sum, { start, end }) => sum + end - start, 0)).toBe(
      slots.length,
    );
    expect(decodeNode(ID, encodeNode(made)).toSlots()).toEqual(slots);
  }
});

test("a leaf with a few blocks takes a few hundred bytes, a full one 8 KiB and a little", () => {
  const leaf = MapNode.filled(ID, 0, HOLE);
  for (let i = 0; i < 8; i++) leaf.set(i * 100, FIRST_POINTER + i * 2 ** 20);
  expect(leaf.bytes).toBeLessThan(600);
  for (let i = 0; i < 1024; i++) leaf.set(i, FIRST_POINTER + i * 2 ** 20);
  expect(leaf.bytes).toBeLessThan(8600);
});
