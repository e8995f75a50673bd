/** Which versions of a lineage stand for a volume or snapshot: entries of its key space. */
import {
  encodeKey,
  prefixEnd,
  type KeyRange,
  type KeySpaceId,
  type Lsn,
  type Store,
  type Transaction,
} from "@firn/core";

/** Key of the entry that says that a version is named by the catalog. */
export function memberKey(version: number): Uint8Array {
  return encodeKey("m", version);
}

/** A member that nobody sees: a snapshot from which a head's history is read. */
export interface Anchored {
  /** Number of the head that it was taken of. */
  readonly head: number;
  /** LSN of its record: the head's history lies behind it. */
  readonly lsn: Lsn;
}

/** All members by their numbers; those that are anchors with what they are of. */
export type Members = ReadonlyMap<number, Anchored | undefined>;

/** The value of a member entry. */
export function memberValue(version: number, anchored?: Anchored): Uint8Array {
  const value = new Uint8Array(anchored === undefined ? MEMBER_BYTES : ANCHOR_BYTES);
  const view = new DataView(value.buffer);
  view.setUint32(0, version);
  if (anchored === undefined) return value;
  view.setUint32(4, anchored.head);
  view.setFloat64(8, anchored.lsn);
  return value;
}

/** Takes members out; the key space goes with the last one. Returns whether it went. */
export function dropMembers(
  tx: Transaction,
  space: KeySpaceId,
  versions: readonly number[],
): boolean {
  for (const version of versions) tx.delete(space, memberKey(version));
  if (tx.range(space, { ...memberRange(), limit: 1 }).length > 0) return false;
  tx.dropKeySpace(space);
  return true;
}

export async function readMembers(store: Store, space: KeySpaceId): Promise<Members> {
  const members = new Map<number, Anchored | undefined>();
  const view = store.view();
  try {
    for await (const { value } of view.range(space, memberRange())) {
      const bytes = new DataView(value.buffer, value.byteOffset, value.byteLength);
      const anchored =
        value.length < ANCHOR_BYTES
          ? undefined
          : { head: bytes.getUint32(4), lsn: bytes.getFloat64(8) };
      members.set(bytes.getUint32(0), anchored);
    }
  } finally {
    view.close();
  }
  return members;
}

const MEMBER_BYTES = 4;
const ANCHOR_BYTES = 16;

function memberRange(): KeyRange {
  const prefix = encodeKey("m");
  return { gte: prefix, lt: prefixEnd(prefix) };
}
