import { FirnError } from "@firn/core";
import type { BlobId, StagedBlob, Transaction } from "@firn/core";
import { PACKED_UNIT_BYTES, PACK_BYTES_MIN } from "../constants.ts";
import { openRange, sealStream } from "../encryption/cipher-units.ts";
import { unwrapKey, wrapKey } from "../encryption/key-wrap.ts";
import { openSeal } from "../encryption/seals.ts";
import type { Engine } from "../engine.ts";
import type { ObjectPart, ObjectRecord } from "../layout/records.ts";
import { PACKED_GAIN, PackedStream, gather, packBytes } from "./packed-units.ts";

/** The packed form of a part, which nothing names yet. */
export interface StagedPack {
  readonly staged: StagedBlob;
  readonly packed: number;
  readonly key: Uint8Array | undefined;
}

/** By the blob in whose place each comes. */
export type StagedPacks = ReadonlyMap<BlobId, StagedPack>;

/**
 * Packs the parts of an object that are not and that shrink. Of one that is encrypted with a key
 * that is not to be had (the caller's own, or a disabled one) none: it stays as it is.
 */
export async function stagePacked(
  engine: Engine,
  record: Pick<ObjectRecord, "seal">,
  parts: readonly ObjectPart[],
  opened?: Uint8Array,
): Promise<StagedPacks> {
  const packs = new Map<BlobId, StagedPack>();
  const key = opened ?? (record.seal && (await keyOf(engine, record)));
  if (record.seal !== undefined && key === undefined) return packs;
  try {
    for (const part of parts) {
      if (part.packed !== undefined || part.size < PACK_BYTES_MIN || packs.has(part.blob)) continue;
      const staged = await packPart(engine, part, key);
      if (staged !== undefined) packs.set(part.blob, staged);
    }
    return packs;
  } catch (error) {
    discardPacks(engine, packs);
    throw error;
  }
}

/** Nothing happens to those that were attached. */
export function discardPacks(engine: Engine, packs: StagedPacks | undefined): void {
  for (const { staged } of packs?.values() ?? []) engine.store.blobs.discard(staged);
}

/**
 * Gives parts their packed forms in the place of their blobs, whose references stay the caller's;
 * `undefined` for a part without one. Of parts that share a blob the first attaches what the others
 * refer to.
 */
export function packAttacher(
  tx: Transaction,
  packs: StagedPacks | undefined,
): (part: ObjectPart) => ObjectPart | undefined {
  const attached = new Map<BlobId, BlobId>();
  return (part) => {
    const pack = packs?.get(part.blob);
    if (pack === undefined) return undefined;
    const { staged, packed, key } = pack;
    const known = attached.get(part.blob);
    if (known !== undefined) tx.retainBlob(known);
    const blob = known ?? tx.attachBlob(staged);
    attached.set(part.blob, blob);
    return { ...part, blob, packed, key };
  };
}

async function keyOf(
  engine: Engine,
  { seal }: Pick<ObjectRecord, "seal">,
): Promise<Uint8Array | undefined> {
  try {
    return await openSeal(engine, seal, {});
  } catch (error) {
    if (error instanceof FirnError) return undefined;
    throw error;
  }
}

async function packPart(
  engine: Engine,
  part: ObjectPart,
  wrapping: Uint8Array | undefined,
): Promise<StagedPack | undefined> {
  const { blobs, random } = engine.store;
  const read = reader(engine, part, wrapping);
  if (read === undefined) return undefined;
  // What does not shrink at its beginning is not read to its end.
  if ((await packBytes(await gather(read(Math.min(part.size, PACKED_UNIT_BYTES))))) === undefined) {
    return undefined;
  }
  const stream = new PackedStream(read(part.size));
  const key = wrapping === undefined ? undefined : random.bytes(wrapping.length);
  const staged = await blobs.stage(key === undefined ? stream : sealStream(key, stream));
  if (stream.bytes >= part.size * PACKED_GAIN) {
    blobs.discard(staged);
    return undefined;
  }
  const wrapped = wrapping && key && wrapKey(wrapping, key);
  return { staged, packed: stream.bytes, key: wrapped };
}

type ReadStart = (end: number) => AsyncIterable<Uint8Array>;

/** Reads the plain bytes from the first one on. */
function reader(
  { store: { blobs } }: Engine,
  { blob, size, key: wrapped }: ObjectPart,
  wrapping: Uint8Array | undefined,
): ReadStart | undefined {
  if (wrapping === undefined || wrapped === undefined) return (end) => blobs.read(blob, { end });
  const key = unwrapKey(wrapping, wrapped);
  return key && ((end) => openRange(blobs, { blob, size, key, start: 0, end }));
}
