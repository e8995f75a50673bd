import { mutationsOf } from "../log/record-content.ts";
import { OP_PUT } from "../log/record.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { BlobId, Lsn } from "../store-api.ts";
import { decodeBlobRecord } from "../store/blob-record.ts";
import type { Extent } from "../store/blob-record.ts";
import { BLOB_SPACE } from "../store/key-spaces.ts";

const ID_BYTES = 8;

/** Which blobs there are and where their extents lie: the index's, then what the log adds to it. */
export class BlobCensus {
  readonly #blobs = new Map<BlobId, readonly Extent[]>();

  get size(): number {
    return this.#blobs.size;
  }

  entries(): IterableIterator<[BlobId, readonly Extent[]]> {
    return this.#blobs.entries();
  }

  /** A record's effect, unless the index has it. */
  follow(record: LoggedRecord, indexLsn: Lsn): void {
    if (record.lsn <= indexLsn) return;
    for (const { op, space, key, value } of mutationsOf(record)) {
      if (space === BLOB_SPACE) this.note(key, op === OP_PUT ? value : undefined);
    }
  }

  /** One entry of the blobs' key space; reference counts are none of its business. */
  note(key: Uint8Array, value: Uint8Array | undefined): void {
    if (key.length !== ID_BYTES) return;
    const id = Buffer.from(key).toString("hex");
    if (value === undefined) this.#blobs.delete(id);
    else this.#blobs.set(id, decodeBlobRecord(value).extents ?? []);
  }
}
