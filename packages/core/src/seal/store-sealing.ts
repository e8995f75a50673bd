/**
 * What of a store is sealed, and what it is bound to. Values of the engines' key spaces, from one
 * LSN on; blobs' bytes; and what engines seal themselves in their streams. Keys stay readable,
 * since order, filters and compaction live by them, and so do the core's own key spaces: names of
 * key spaces, pins, lengths and places of blobs. docs/decisions/0020-encryption-at-rest.md.
 */
import { OP_PUT } from "../log/record.ts";
import { spaceOf } from "../index/memtable.ts";
import type { BlobId, KeySpaceId, Lsn, Position } from "../store-api.ts";
import type { KeyedMutation } from "../store/applier.ts";
import { FIRST_SPACE } from "../store/key-spaces.ts";
import { TAG_BYTES } from "./aead.ts";
import { SEAL_BYTES, SEAL_HEAD_BYTES } from "./sealer.ts";
import type { MessageSealer } from "./sealer.ts";
import { StreamSealer } from "./unit-sealer.ts";

/** What a message is, before what it is bound to: none is taken for one of another kind. */
const VALUE = 0x56;
const BLOB_UNIT = 0x42;
const BLOB_INLINE = 0x49;
const BLOB_RECORD = 0x52;

/** Where sealing begins: everything before is as it was written. */
export interface SealedFrom {
  readonly lsn: Lsn;
  readonly position: Position;
}

export class StoreSealing {
  readonly #sealer: MessageSealer;
  readonly #fromLsn: Lsn;
  readonly #fromPosition: Position;

  constructor(sealer: MessageSealer, { lsn, position }: SealedFrom) {
    this.#sealer = sealer;
    this.#fromLsn = lsn;
    this.#fromPosition = position;
  }

  /** Nothing in the store was written before it was encrypted. */
  get isWhole(): boolean {
    return this.#fromLsn === 0;
  }

  /** A batch as the log gets it. A value knows its key and its LSN: none stands in for another. */
  sealBatch(mutations: readonly KeyedMutation[], lsn: Lsn): KeyedMutation[] {
    return mutations.map((mutation) => {
      const { op, space, key, value, full } = mutation;
      if (op !== OP_PUT || space < FIRST_SPACE) return mutation;
      return { op, space, key, full, value: this.#seal(boundValue(full, lsn), value) };
    });
  }

  /** @throws FIRN_SEAL_BROKEN, FIRN_ENCRYPTION_KEY_REQUIRED. */
  openValue(full: string, lsn: Lsn, stored: Uint8Array): Uint8Array {
    if (lsn < this.#fromLsn || spaceOf(full) < FIRST_SPACE) return stored;
    return this.#sealer.open(boundValue(full, lsn), stored);
  }

  sealInline(blob: BlobId, bytes: Uint8Array): Uint8Array {
    return this.#seal(boundBlob(BLOB_INLINE, blob), bytes);
  }

  openInline(blob: BlobId, sealed: Uint8Array): Uint8Array {
    return this.#sealer.open(boundBlob(BLOB_INLINE, blob), sealed);
  }

  /** Seals a unit where its bytes lie, behind room for the head and before room for the tag. */
  sealUnit(blob: BlobId, unit: number, room: Buffer): void {
    const bytes = room.subarray(SEAL_HEAD_BYTES, room.length - TAG_BYTES);
    this.#sealer.sealInto(boundBlob(BLOB_UNIT, blob, unit), bytes, room);
  }

  openUnit(blob: BlobId, unit: number, sealed: Uint8Array): Uint8Array {
    return this.#sealer.open(boundBlob(BLOB_UNIT, blob, unit), sealed);
  }

  /** A seal over a blob's record, whose bytes stay readable: compaction moves chunks by them. */
  sealRecord(blob: BlobId, record: Uint8Array): Uint8Array {
    return this.#seal(Buffer.concat([boundBlob(BLOB_RECORD, blob), record]), NOTHING);
  }

  /** @throws FIRN_SEAL_BROKEN when the record is not what was sealed. */
  verifyRecord(blob: BlobId, record: Uint8Array, seal: Uint8Array): void {
    this.#sealer.open(Buffer.concat([boundBlob(BLOB_RECORD, blob), record]), seal);
  }

  /** For the units of a stream. */
  stream(space: KeySpaceId): StreamSealer {
    return new StreamSealer(this.#sealer, space, this.#fromPosition);
  }

  #seal(bound: Uint8Array, bytes: Uint8Array): Uint8Array {
    const into = Buffer.allocUnsafe(bytes.length + SEAL_BYTES);
    this.#sealer.sealInto(bound, bytes, into);
    return into;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function boundValue(full: string, lsn: Lsn): Uint8Array {
  const bound = Buffer.allocUnsafe(9 + full.length);
  bound[0] = VALUE;
  bound.writeDoubleLE(lsn, 1);
  bound.write(full, 9, "latin1");
  return bound;
}

function boundBlob(kind: number, blob: BlobId, unit = 0): Uint8Array {
  const bound = Buffer.allocUnsafe(1 + 8 + 4);
  bound[0] = kind;
  bound.set(Buffer.from(blob, "hex"), 1);
  bound.writeUInt32LE(unit, 9);
  return bound;
}
