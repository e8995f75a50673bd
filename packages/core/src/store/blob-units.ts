/**
 * The units of a chunk's data. Each is verified and, in an encrypted store, sealed alone: 64 KiB as
 * they are stored, of which a seal leaves `SEALED_UNIT_BYTES` to the blob.
 */
import { BLOB_UNIT_BYTES } from "../constants.ts";
import { SEAL_BYTES, SEAL_HEAD_BYTES } from "../seal/sealer.ts";
import type { StoreSealing } from "../seal/store-sealing.ts";
import type { BlobId } from "../store-api.ts";
import type { Extent } from "./blob-record.ts";

/** What a unit of a sealed blob holds. */
export const SEALED_UNIT_BYTES: number = BLOB_UNIT_BYTES - SEAL_BYTES;

export interface UnitLayout {
  /** Bytes of the blob in a full unit. */
  readonly contentBytes: number;
  /** Where they begin in it. */
  readonly contentAt: number;
  /** What a unit is longer by than its content. */
  readonly sealBytes: number;
}

export const PLAIN_UNITS: UnitLayout = {
  contentBytes: BLOB_UNIT_BYTES,
  contentAt: 0,
  sealBytes: 0,
};

export const SEALED_UNITS: UnitLayout = {
  contentBytes: SEALED_UNIT_BYTES,
  contentAt: SEAL_HEAD_BYTES,
  sealBytes: SEAL_BYTES,
};

/** Data bytes of a chunk that holds so much of a blob. */
export function storedBytes(contentBytes: number, layout: UnitLayout): number {
  return contentBytes + Math.ceil(contentBytes / layout.contentBytes) * layout.sealBytes;
}

/** How much of a blob an extent holds. */
export function contentOf({ bytes }: Pick<Extent, "bytes">, layout: UnitLayout): number {
  return bytes - Math.ceil(bytes / BLOB_UNIT_BYTES) * layout.sealBytes;
}

/** Seals every unit of a chunk's data where it lies. */
export function sealUnits(
  sealing: StoreSealing,
  data: Buffer,
  of: { readonly blob: BlobId; readonly firstUnit: number },
): void {
  for (let at = 0, unit = of.firstUnit; at < data.length; at += BLOB_UNIT_BYTES, unit++) {
    sealing.sealUnit(of.blob, unit, data.subarray(at, at + BLOB_UNIT_BYTES));
  }
}

/** The content of sealed units that lie one behind the other. @throws FIRN_SEAL_BROKEN. */
export function openUnits(
  sealing: StoreSealing,
  data: Buffer,
  of: { readonly blob: BlobId; readonly firstUnit: number },
): Buffer {
  const content = Buffer.allocUnsafeSlow(contentOf({ bytes: data.length }, SEALED_UNITS));
  let to = 0;
  for (let at = 0, unit = of.firstUnit; at < data.length; at += BLOB_UNIT_BYTES, unit++) {
    const bytes = sealing.openUnit(of.blob, unit, data.subarray(at, at + BLOB_UNIT_BYTES));
    content.set(bytes, to);
    to += bytes.length;
  }
  return content;
}
