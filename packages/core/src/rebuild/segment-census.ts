/**
 * What the segment files alone say of a store: its id, and each segment's kind, place and end. The
 * manifest says the same, quicker; this is for when it and its copy are gone.
 */
import { coreError } from "../errors.ts";
import type { Hasher } from "../hasher.ts";
import { storeSeed } from "../hasher.ts";
import { readU53 } from "../log/bytes.ts";
import { SEGMENT_HEADER_BYTES, segmentHeaderMatches } from "../log/frame.ts";
import type { SegmentEntry, SegmentKind } from "../log/manifest.ts";
import { PIECE_BLOCK_BYTES, PieceRoot, decodePieces, rootBytes } from "../log/piece-table.ts";
import type { PieceSeal } from "../log/piece-table.ts";
import type { RecordIdentity } from "../log/record.ts";
import { scanSegment } from "../log/segment-scan.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";

/** A segment as its file shows it; where its address space ends, only the next one can say. */
export interface FoundSegment {
  readonly path: string;
  readonly entry: Omit<SegmentEntry, "capacity">;
  /** Of a commit segment: what its records say; 0 when it has none. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly lastLsn: number;
}

export interface Census {
  readonly storeId: string;
  readonly segments: readonly FoundSegment[];
}

const FOLDERS: Readonly<Record<SegmentKind, string>> = { commit: "log", extent: "extents" };
/** The root of an extent segment's piece table is looked for in so many last bytes. */
const ROOT_SEARCH_BYTES: number = 64 * 1024;
const ROOT_HEAD_BYTES: number = rootBytes(0);

/**
 * Reads every segment of the directory: all of the log, of bulk bytes the headers.
 * @throws FIRN_STORE_DAMAGED when a file is no segment of the same store, or ends in damage that is
 * no torn tail of the newest one.
 */
export async function takeCensus(
  fileSystem: FileSystem,
  directory: string,
  hasher: Hasher,
): Promise<Census> {
  const segments: FoundSegment[] = [];
  let storeId: string | undefined;
  for (const { kind, path } of await allPaths(fileSystem, directory)) {
    const handle = await fileSystem.open(path, { create: false });
    try {
      const header = await readHeader(handle, path, hasher);
      storeId ??= header.storeId;
      if (header.storeId !== storeId) throw damaged(path, "it belongs to another store");
      const identity = { hasher, seed: storeSeed(hasher, storeId) };
      const entry = { id: header.id, kind, salt: header.salt, base: header.base };
      const look = { handle, path, entry, identity };
      segments.push(await (kind === "commit" ? findCommit(look) : findExtent(look)));
    } finally {
      await handle.close();
    }
  }
  if (storeId === undefined) throw damaged(directory, "there is no segment in it");
  return { storeId, segments };
}

interface SegmentPath {
  readonly kind: SegmentKind;
  readonly path: string;
}

async function allPaths(fileSystem: FileSystem, directory: string): Promise<SegmentPath[]> {
  const paths: SegmentPath[] = [];
  for (const kind of ["commit", "extent"] as const) {
    const found = await segmentPaths(fileSystem, `${directory}/${FOLDERS[kind]}`);
    paths.push(...found.map((path) => ({ kind, path })));
  }
  return paths;
}

async function segmentPaths(fileSystem: FileSystem, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const inner of (await fileSystem.list(folder)).sort()) {
    if (!/^\d{4}$/.test(inner)) continue;
    const names = (await fileSystem.list(`${folder}/${inner}`)).sort();
    paths.push(
      ...names.filter((name) => /^\d{10}$/.test(name)).map((name) => `${folder}/${inner}/${name}`),
    );
  }
  return paths;
}

interface Header {
  readonly id: number;
  readonly salt: string;
  readonly storeId: string;
  readonly base: number;
}

async function readHeader(handle: FileHandle, path: string, hasher: Hasher): Promise<Header> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  await handle.read(bytes, 0);
  const salt = bytes.readBigUInt64LE(16);
  const header = {
    id: bytes.readUInt32LE(12),
    storeId: bytes.toString("hex", 24, 40),
    base: readU53(bytes, 40),
  };
  const promised = { salt, storeId: header.storeId, segmentId: header.id, base: header.base };
  const isNamed = path.endsWith(String(header.id).padStart(10, "0"));
  if (!isNamed || !segmentHeaderMatches(bytes, promised, hasher)) {
    throw damaged(path, "its header does not verify");
  }
  return { ...header, salt: salt.toString(16).padStart(16, "0") };
}

interface Look {
  readonly handle: FileHandle;
  readonly path: string;
  readonly entry: Omit<SegmentEntry, "capacity">;
  readonly identity: RecordIdentity;
}

/** Scans all groups; what follows them tells a packed segment from one that was only written. */
async function findCommit({ handle, path, entry, identity }: Look): Promise<FoundSegment> {
  const limit = await handle.size();
  // As of a packed one, whose LSNs may leave some out: of another they are consecutive anyway.
  const packed = { firstLsn: 0, lastLsn: 0, dataBytes: limit, blocks: 0 };
  const scanned: SegmentEntry = { ...entry, capacity: limit, packed };
  const source = { handle, entry: scanned, limit, identity };
  const scan = scanSegment(source, SEGMENT_HEADER_BYTES, undefined);
  let [firstLsn, lastLsn, firstMs, lastMs] = [0, 0, 0, 0];
  let step = await scan.next();
  for (; !step.done; step = await scan.next()) {
    for (const { lsn, time } of step.value) {
      if (firstLsn === 0) [firstLsn, firstMs] = [lsn, time];
      [lastLsn, lastMs] = [lsn, Math.max(lastMs, time)];
    }
  }
  const dataBytes = Math.ceil(step.value.offset / 8) * 8;
  const blocks = await countBlocks(handle, { from: dataBytes, limit }, sealOf(entry, identity));
  const found = { path, firstMs, lastMs, lastLsn };
  if (blocks === undefined) {
    // Not clean: a torn tail of the newest segment, or damage. Recovery judges it.
    const sealedBytes = step.value.clean ? step.value.offset : undefined;
    return { ...found, entry: { ...entry, sealedBytes } };
  }
  const parts = { firstLsn, lastLsn, dataBytes, blocks };
  return { ...found, entry: { ...entry, sealedBytes: limit, packed: parts } };
}

/** Blocks of a piece table that begins at `from`, up to its root; `undefined` without one. */
async function countBlocks(
  handle: FileHandle,
  { from, limit }: { readonly from: number; readonly limit: number },
  seal: PieceSeal,
): Promise<number | undefined> {
  for (let blocks = 0, at = from; at < limit; blocks++, at += PIECE_BLOCK_BYTES) {
    const root = await readAt(handle, at, Math.min(rootBytes(blocks), limit - at));
    if (PieceRoot.decode(root, seal) !== undefined) return blocks;
    const block = await readAt(handle, at, Math.min(PIECE_BLOCK_BYTES, limit - at));
    if (decodePieces(block, seal) === undefined) return undefined;
  }
  return undefined;
}

/** Chunks have no frames of their own; a packed segment ends with the root of its pieces. */
async function findExtent({ handle, path, entry, identity }: Look): Promise<FoundSegment> {
  const size = await handle.size();
  const from = Math.max(SEGMENT_HEADER_BYTES, size - ROOT_SEARCH_BYTES);
  const tail = await readAt(handle, from, size - from);
  const found = { path, firstMs: 0, lastMs: 0, lastLsn: 0 };
  for (let blocks = 0; ROOT_HEAD_BYTES + blocks * 8 <= tail.length; blocks++) {
    const root = tail.subarray(tail.length - rootBytes(blocks));
    if (root.readUInt32LE(8) !== blocks) continue;
    if (PieceRoot.decode(root, sealOf(entry, identity)) === undefined) continue;
    const dataBytes = size - root.length - blocks * PIECE_BLOCK_BYTES;
    const packed = { firstLsn: 0, lastLsn: 0, dataBytes, blocks };
    return { ...found, entry: { ...entry, sealedBytes: size, packed } };
  }
  return { ...found, entry: { ...entry, sealedBytes: size } };
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, offset);
  return bytes;
}

function sealOf({ salt }: { readonly salt: string }, { hasher }: RecordIdentity): PieceSeal {
  return { hasher, salt: BigInt(`0x${salt}`) };
}

export function damaged(file: string, why: string): Error {
  const message = `${file} cannot be used to rebuild a store: ${why}`;
  return coreError("FIRN_STORE_DAMAGED", message, { detail: { file } });
}
