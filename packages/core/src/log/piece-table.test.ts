import { testSeed } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";

import { loadHasher } from "../hasher.ts";
import { SeededRandom } from "../platform/random.ts";
import {
  PIECE_BLOCK_BYTES,
  PieceBlock,
  PieceRoot,
  PieceTableBuilder,
  decodePieces,
} from "./piece-table.ts";
import type { Piece, PieceSeal } from "./piece-table.ts";

let seal: PieceSeal;

beforeAll(async () => {
  seal = { hasher: await loadHasher(), salt: 77n };
});

function lookup(
  encoded: { blocks: Buffer; root: Buffer },
  logical: number,
  length: number,
): number | undefined {
  const at = (PieceRoot.decode(encoded.root, seal) as PieceRoot).blockOf(logical);
  if (at === undefined) return undefined;
  const bytes = encoded.blocks.subarray(at * PIECE_BLOCK_BYTES, (at + 1) * PIECE_BLOCK_BYTES);
  return (PieceBlock.decode(bytes, seal) as PieceBlock).lookup(logical, length);
}

/** Pieces with gaps in the logical offsets, far apart from one another now and then. */
function randomPieces(random: SeededRandom, count: number): Piece[] {
  const pieces: Piece[] = [];
  let [logical, physical] = [64, 64];
  for (let at = 0; at < count; at++) {
    const length = 1 + random.below(500);
    pieces.push({ logical, physical, length });
    logical += length + 1 + random.below(at % 50 === 0 ? 2 ** 33 : 900);
    physical += length + random.below(3);
  }
  return pieces;
}

test("every byte of every piece is found where it lies, and nothing beside them", () => {
  const random = new SeededRandom(testSeed());
  for (const count of [0, 1, 254, 255, 256, 2000]) {
    const builder = new PieceTableBuilder();
    const pieces = randomPieces(random, count);
    for (const piece of pieces) builder.add(piece);
    const encoded = builder.encode(seal);
    expect(decodePieces(encoded.blocks, seal)).toEqual(pieces);
    expect(lookup(encoded, 0, 1)).toBeUndefined();
    for (const { logical, physical, length } of pieces) {
      const inside = random.below(length);
      expect(lookup(encoded, logical + inside, length - inside)).toBe(physical + inside);
      expect(lookup(encoded, logical, length + 1)).toBeUndefined();
      expect(lookup(encoded, logical + length, 1)).toBeUndefined();
    }
  }
});

test("pieces that touch in both offsets become one", () => {
  const builder = new PieceTableBuilder();
  builder.add({ logical: 100, physical: 64, length: 10 });
  builder.add({ logical: 110, physical: 74, length: 6 });
  builder.add({ logical: 116, physical: 90, length: 4 });
  builder.add({ logical: 130, physical: 94, length: 0 });
  const encoded = builder.encode(seal);
  expect(builder.count).toBe(2);
  expect(lookup(encoded, 105, 11)).toBe(69);
  expect(lookup(encoded, 110, 7)).toBeUndefined();
});

test("a changed bit anywhere in root or block is noticed", () => {
  const random = new SeededRandom(testSeed());
  const builder = new PieceTableBuilder();
  for (const piece of randomPieces(random, 300)) builder.add(piece);
  const { blocks, root } = builder.encode(seal);
  for (let at = 0; at < root.length; at++) {
    const changed = Buffer.from(root);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    expect(PieceRoot.decode(changed, seal)).toBeUndefined();
  }
  for (let at = 0; at < PIECE_BLOCK_BYTES; at++) {
    const changed = Buffer.from(blocks.subarray(0, PIECE_BLOCK_BYTES));
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    expect(PieceBlock.decode(changed, seal)).toBeUndefined();
  }
  expect(PieceRoot.decode(root, { ...seal, salt: 78n })).toBeUndefined();
});
