/** Which versions of a lineage stand for a volume or snapshot: entries of its key space. */
import {
  encodeKey,
  prefixEnd,
  type KeyRange,
  type KeySpaceId,
  type Store,
  type Transaction,
} from "@firn/core";

/** Key of the entry that says that a version is named by the catalog. */
export function memberKey(version: number): Uint8Array {
  return encodeKey("m", version);
}

/** The value of a member entry. */
export function memberValue(version: number): Uint8Array {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, version);
  return value;
}

/** Takes a member out; the key space goes with the last one. Returns whether it went. */
export function dropMember(tx: Transaction, space: KeySpaceId, version: number): boolean {
  tx.delete(space, memberKey(version));
  if (tx.range(space, { ...memberRange(), limit: 1 }).length > 0) return false;
  tx.dropKeySpace(space);
  return true;
}

/** Numbers of all members. */
export async function readMembers(store: Store, space: KeySpaceId): Promise<Set<number>> {
  const members = new Set<number>();
  const view = store.view();
  try {
    for await (const { value } of view.range(space, memberRange())) {
      members.add(new DataView(value.buffer, value.byteOffset).getUint32(0));
    }
  } finally {
    view.close();
  }
  return members;
}

function memberRange(): KeyRange {
  const prefix = encodeKey("m");
  return { gte: prefix, lt: prefixEnd(prefix) };
}
