import { BLOB_UNIT_BYTES } from "../constants.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { BlobId } from "../store-api.ts";
import { unitSeed } from "./blob-record.ts";

/** Units of a chunk that lie one behind the other. */
export interface ChunkUnits {
  /** The chunk's table of checksums. */
  readonly table: Buffer;
  /** Bytes from a unit's first one on. */
  readonly data: Buffer;
  /** Which unit of the chunk that is. */
  readonly from: number;
  readonly blob: BlobId;
  /** Number inside the blob of the chunk's first unit. */
  readonly firstUnit: number;
}

/** The first unit of the chunk whose bytes are not what was written for that blob and place. */
export function findBadUnit(units: ChunkUnits, identity: RecordIdentity): number | undefined {
  const { table, data, from, blob, firstUnit } = units;
  for (let at = 0, unit = from; at < data.length; at += BLOB_UNIT_BYTES, unit++) {
    const bytes = data.subarray(at, at + BLOB_UNIT_BYTES);
    const check = identity.hasher.hash(bytes, unitSeed(identity.seed, blob, firstUnit + unit));
    if (check !== table.readBigUInt64LE(unit * 8)) return unit;
  }
  return undefined;
}
