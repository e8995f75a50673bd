import type { BlobId, StagedBlob } from "../store-api.ts";
import type { BlobLease } from "./blob-leases.ts";
import { blobNotFound } from "./blob-record.ts";

/** What a batch does to blobs. */
export interface BlobChanges {
  readonly attached: StoreStagedBlob[];
  /** Bytes in extent segments of blobs that have no reference left. */
  releasedBytes: number;
}

export interface StagedParts {
  /** Length in bytes. */
  readonly bytes: number;
  /** What attaching it will write. */
  readonly record: Uint8Array;
  /** A blob in memory holds no room on the disk and needs none. */
  readonly lease: BlobLease | undefined;
}

/** Staged, with the record that attaching it will write. */
export class StoreStagedBlob implements StagedBlob {
  readonly id: BlobId;
  readonly bytes: number;
  readonly record: Uint8Array;
  readonly lease: BlobLease | undefined;
  #ended = false;

  constructor(id: BlobId, { bytes, record, lease }: StagedParts) {
    this.id = id;
    this.bytes = bytes;
    this.record = record;
    this.lease = lease;
  }

  /** @throws FIRN_BLOB_NOT_FOUND. */
  assertAttachable(): void {
    if (this.#ended || this.lease?.isAttachable === false) throw blobNotFound(this.id);
  }

  /** It was attached or discarded: it can never be attached again. */
  end(): void {
    this.#ended = true;
  }
}
