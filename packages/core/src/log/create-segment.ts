import { FirnError, coreError } from "../errors.ts";
import type { FileHandle } from "../platform/file-system.ts";
import { hasCode } from "../platform/node-file-system.ts";
import { SEGMENT_HEADER_BYTES, encodeSegmentHeader } from "./frame.ts";
import type { LogHome } from "./log-home.ts";
import type { SegmentEntry, SegmentKind } from "./manifest.ts";
import type { SegmentFiles } from "./segment-files.ts";

export interface NewSegment {
  readonly entry: SegmentEntry;
  readonly handle: FileHandle;
  readonly salt: bigint;
}

/**
 * Creates a segment: file, header and `zeroBytes` of zeros, sync, directory, and only then the
 * manifest. A file that the manifest does not name is nobody's and removed at the next open.
 * @throws FIRN_DISK_FULL, FIRN_FILES_EXHAUSTED.
 */
export async function createSegment(
  home: LogHome,
  files: SegmentFiles,
  wanted: { readonly kind: SegmentKind; readonly capacity: number; readonly zeroBytes: number },
): Promise<NewSegment> {
  const { manifest, random, fileSystem, identity, storeId } = home;
  const saltText = Buffer.from(random.bytes(8)).toString("hex");
  const salt = BigInt(`0x${saltText}`);
  const previous = files.entries.at(-1);
  const entry: SegmentEntry = {
    id: manifest.takeSegmentId(),
    kind: wanted.kind,
    salt: saltText,
    base: previous === undefined ? 0 : previous.base + previous.capacity,
    capacity: Math.max(wanted.capacity, SEGMENT_HEADER_BYTES),
  };
  const header = { salt, storeId, segmentId: entry.id, base: entry.base };
  const path = files.path(entry);
  const folder = path.slice(0, path.lastIndexOf("/"));
  let handle: FileHandle | undefined;
  try {
    await fileSystem.makeDirectory(folder);
    await fileSystem.syncDirectory(folder.slice(0, folder.lastIndexOf("/")));
    handle = await fileSystem.open(path, { create: true });
    const zeros = new Uint8Array(wanted.zeroBytes);
    await handle.write([encodeSegmentHeader(header, identity.hasher), zeros], 0);
    await handle.sync();
    await fileSystem.syncDirectory(folder);
    await manifest.update((state) => ({ ...state, segments: [...state.segments, entry] }));
  } catch (error) {
    await handle?.close();
    // The manifest on the disk may name it.
    if (!manifest.uncertain) await fileSystem.remove(path);
    throw asDiskFull(error);
  }
  files.add(entry);
  return { entry, handle, salt };
}

/** Whether there was no room for what was to be made, and all is as it was. */
export function isRefusal(error: unknown): boolean {
  return error instanceof FirnError && REFUSALS.includes(error.code);
}

const REFUSALS: readonly string[] = ["FIRN_DISK_FULL", "FIRN_FILES_EXHAUSTED"];

/** A full disk (or quota) as the clear error it is; anything else as it came. */
export function asDiskFull(error: unknown): unknown {
  if (!hasCode(error, "ENOSPC") && !hasCode(error, "EDQUOT")) return error;
  const message = "the disk is full: nothing was written; reads and deletes go on";
  return coreError("FIRN_DISK_FULL", message, { cause: error });
}
