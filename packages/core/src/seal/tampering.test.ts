/** Somebody with the disk and without the key, who repairs every checksum that he breaks. */
import {
  SIM_DIRECTORY,
  SIM_LIMITS,
  forkMachine,
  latin1Bytes,
  makeMachine,
  restartMachine,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { checkStore } from "../check/check-store.ts";
import { BLOB_UNIT_BYTES } from "../constants.ts";
import { loadHasher, storeSeed } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import {
  MUTATION_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  decodeMutations,
  decodeRecord,
} from "../log/record.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { BlobId, KeySpaceId } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { CHUNK_TABLE_BYTES, unitSeed } from "../store/blob-record.ts";
import { openStore } from "../store/open-store.ts";
import { keyFromBytes } from "./key-bytes.ts";

let hasher: Hasher;
beforeAll(async () => {
  hasher = await loadHasher();
});

const keys = keyFromBytes({ key: Buffer.alloc(32, 4) });
const LIMITS = { ...SIM_LIMITS, segmentBytes: 64 * 1024 };
const VALUE_BYTES = 500;
const broken = { code: "FIRN_SEAL_BROKEN", kind: "corruption" };

function openSim(machine: OpenMachine): Promise<LogStore> {
  const parts = { ...machine, hasher, limits: LIMITS, compaction: "off" } as const;
  return openStore({ directory: SIM_DIRECTORY, ...parts, encryption: { keys } });
}

interface Filled {
  readonly machine: OpenMachine;
  readonly space: KeySpaceId;
  readonly blob: BlobId;
  readonly identity: RecordIdentity;
}

/** Two versions of two keys, and a blob of three units; the index has none of it. */
async function fill(): Promise<Filled> {
  const machine = makeMachine(8);
  const store = await openSim(machine);
  const space = await store.openKeySpace("things");
  const staged = await store.blobs.stage(new Uint8Array(3 * BLOB_UNIT_BYTES).fill(7));
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  for (const version of ["old", "new"]) {
    await store.transact((tx) => {
      for (const name of ["a", "b"]) {
        tx.put(space, latin1Bytes(name), latin1Bytes(`${version} ${name}`.padEnd(VALUE_BYTES)));
      }
    });
  }
  const identity = { hasher, seed: storeSeed(hasher, store.id) };
  return { machine: restartMachine(machine, "kill"), space, blob, identity };
}

/** A value in a segment's file, with what speaks for it. */
interface Place {
  readonly name: string;
  readonly valueAt: number;
  readonly checkAt: number;
  readonly recordAt: number;
}

/** Where the values of one key space lie, oldest first. */
function places(image: Buffer, { space, identity }: Filled): Place[] {
  const found: Place[] = [];
  for (let at = SEGMENT_HEADER_BYTES; at < image.length; at += 8) {
    const record = decodeRecord(image, at, identity);
    if (record === undefined) continue;
    const bodyAt = at + RECORD_HEADER_BYTES;
    let table = bodyAt + 4;
    for (const { space: of, key, valueOffset } of decodeMutations(record.body)) {
      const place = { recordAt: at, checkAt: table + 16, valueAt: bodyAt + valueOffset };
      if (of === space) found.push({ name: Buffer.from(key).toString("latin1"), ...place });
      table += MUTATION_HEADER_BYTES + key.length;
    }
    at = record.end - 8;
  }
  return found;
}

function logOf(machine: OpenMachine): { readonly path: string; readonly image: Buffer } {
  const path = machine.fileSystem.files().find((name) => name.includes("/log/")) as string;
  return { path, image: Buffer.from(machine.fileSystem.peek(path)) };
}

/** Puts the bytes of one value in the place of another, and repairs both checksums. */
function overwriteValue(image: Buffer, [from, to]: readonly [Place, Place], of: Filled): void {
  const { seed } = of.identity;
  const sealedBytes = VALUE_BYTES + 36;
  image.copy(image, to.valueAt, from.valueAt, from.valueAt + sealedBytes);
  const value = image.subarray(to.valueAt, to.valueAt + sealedBytes);
  image.writeBigUInt64LE(hasher.hash(value, seed), to.checkAt);
  const covered = image.readUInt32LE(to.recordAt + 12);
  const spoken = image.subarray(to.recordAt + 8, to.recordAt + RECORD_HEADER_BYTES + covered);
  image.writeBigUInt64LE(hasher.hash(spoken, seed), to.recordAt);
}

async function write(machine: OpenMachine, path: string, image: Uint8Array): Promise<void> {
  const file = await machine.fileSystem.open(path, { create: false });
  await file.write([image], 0);
  await file.sync();
  await file.close();
}

async function unseen(machine: OpenMachine): Promise<void> {
  const { fileSystem, index } = forkMachine(machine, 1);
  const report = await checkStore({ directory: SIM_DIRECTORY, fileSystem, index, hasher });
  expect(report.problems).toEqual([]);
}

test.each([
  ["another key's", "b", 1],
  ["the same key's of before", "a", 0],
])(
  "a value in whose place lies %s is refused, though every checksum holds",
  async (_, name, version) => {
    const filled = await fill();
    const { machine, space } = filled;
    const { path, image } = logOf(machine);
    const all = places(image, filled);
    const versions = (of: string): Place[] => all.filter((place) => place.name === of);
    const [from, to] = [versions(name)[version], versions("a")[1]] as [Place, Place];
    overwriteValue(image, [from, to], filled);
    await write(machine, path, image);
    await unseen(machine);
    const store = await openSim(machine);
    await expect(store.get(space, latin1Bytes("a"))).rejects.toMatchObject(broken);
    await expect(store.view().page(space, { limit: 9 })).rejects.toMatchObject(broken);
    const within = store.transact((tx) => tx.get(space, latin1Bytes("a")));
    await expect(within).rejects.toMatchObject(broken);
    // Only that one is.
    const other = Buffer.from((await store.get(space, latin1Bytes("b"))) ?? [])
      .toString()
      .trim();
    expect(other).toBe("new b");
    await store.close();
  },
);

test("units of a blob that changed places, with checks made anew, are refused", async () => {
  const filled = await fill();
  const { machine, blob, identity } = filled;
  const path = machine.fileSystem.files().find((name) => name.includes("/extents/")) as string;
  const image = Buffer.from(machine.fileSystem.peek(path));
  const dataAt = SEGMENT_HEADER_BYTES + CHUNK_TABLE_BYTES;
  const first = Buffer.from(image.subarray(dataAt, dataAt + BLOB_UNIT_BYTES));
  image.copy(image, dataAt, dataAt + BLOB_UNIT_BYTES, dataAt + 2 * BLOB_UNIT_BYTES);
  image.set(first, dataAt + BLOB_UNIT_BYTES);
  for (const unit of [0, 1]) {
    const at = dataAt + unit * BLOB_UNIT_BYTES;
    const seed = unitSeed(identity.seed, blob, unit);
    const check = hasher.hash(image.subarray(at, at + BLOB_UNIT_BYTES), seed);
    image.writeBigUInt64LE(check, SEGMENT_HEADER_BYTES + unit * 8);
  }
  await write(machine, path, image);
  await unseen(machine);
  const store = await openSim(machine);
  await expect(store.blobs.read(blob).next()).rejects.toMatchObject(broken);
  const third = store.blobs.read(blob, { start: 2 * BLOB_UNIT_BYTES });
  expect((await third.next()).value?.[0]).toBe(7);
  await store.close();
});

test("a flipped bit of a sealed value or unit is damage, and nothing of it is served", async () => {
  const filled = await fill();
  const { machine, space, blob } = filled;
  const store = await openSim(machine);
  await store.checkpoint();
  const { path, image } = logOf(machine);
  const place = places(image, filled).at(-2) as Place;
  image[place.valueAt + 100] = (image[place.valueAt + 100] as number) ^ 4;
  await write(machine, path, image);
  const corrupt = { code: "FIRN_RECORD_CORRUPT" };
  await expect(store.get(space, latin1Bytes("a"))).rejects.toMatchObject(corrupt);
  const extent = machine.fileSystem.files().find((name) => name.includes("/extents/")) as string;
  const bytes = Buffer.from(machine.fileSystem.peek(extent));
  bytes[SEGMENT_HEADER_BYTES + 5000] = (bytes[SEGMENT_HEADER_BYTES + 5000] as number) ^ 4;
  await write(machine, extent, bytes);
  await expect(store.blobs.read(blob).next()).rejects.toMatchObject(corrupt);
  await store.close();
});
