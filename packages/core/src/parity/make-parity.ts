import type { Hasher } from "../hasher.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { FileHandle, FileSystem } from "../platform/file-system.ts";
import { readBlock } from "./parity-blocks.ts";
import type { Pace } from "./parity-blocks.ts";
import { ALL_RANGES, DATA_RANGES, ParityCode } from "./parity-code.ts";
import { ParityHead } from "./parity-head.ts";
import { blockOffset, parityLayout, parityPath, rowBytes } from "./parity-layout.ts";

export interface ParityHome {
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  /** Where parity files lie; may be on another disk. */
  readonly directory: string;
  /** Its memory of 1.6 MiB may serve many segments, one after the other. */
  readonly code?: ParityCode | undefined;
}

export interface SealedSegment {
  readonly entry: SegmentEntry;
  /** Where its valid bytes end. */
  readonly bytes: number;
  readonly handle: FileHandle;
}

/**
 * Writes the parity of a sealed segment whose bytes have just been verified; durable when it
 * resolves. A crash leaves either no parity file or a whole one. Returns the file's bytes.
 */
export async function makeParity(
  home: ParityHome,
  segment: SealedSegment,
  pace: Pace,
): Promise<number> {
  const { fileSystem, directory } = home;
  const path = parityPath(directory, segment.entry.id);
  const folder = path.slice(0, path.lastIndexOf("/"));
  await fileSystem.makeDirectory(folder);
  await fileSystem.syncDirectory(directory);
  const beside = `${path}.new`;
  await fileSystem.remove(beside);
  const file = await fileSystem.open(beside, { create: true });
  try {
    await writeParity(file, home, { segment, pace });
    await file.sync();
  } catch (error) {
    // A full disk gets its room back at once.
    await fileSystem.remove(beside);
    throw error;
  } finally {
    await file.close();
  }
  await fileSystem.rename(beside, path);
  await fileSystem.syncDirectory(folder);
  return parityLayout(segment.bytes).fileBytes;
}

async function writeParity(
  file: FileHandle,
  { hasher, code = new ParityCode() }: ParityHome,
  work: { readonly segment: SealedSegment; readonly pace: Pace },
): Promise<void> {
  const { segment, pace } = work;
  const layout = parityLayout(segment.bytes);
  const head = new ParityHead(segment.entry, layout, hasher);
  const { blocks } = code;
  const files = { segment: segment.handle, parity: undefined };
  for (let row = 0; row < layout.rows; row++) {
    const bytes = rowBytes(layout, row);
    await pace.take(ALL_RANGES * bytes);
    for (let range = 0; range < DATA_RANGES; range++) {
      const into = (blocks[range] as Uint8Array).subarray(0, bytes);
      if (!(await readBlock(files, layout, { range, row }, into))) {
        throw unreadable(segment, blockOffset(layout, range, row));
      }
      head.set(range, row, into);
      await pace.slice();
    }
    code.encode(bytes);
    await pace.slice();
    for (let range = DATA_RANGES; range < ALL_RANGES; range++) {
      const block = (blocks[range] as Uint8Array).subarray(0, bytes);
      head.set(range, row, block);
      await file.write([block], blockOffset(layout, range, row));
    }
  }
  const encoded = head.encode();
  await file.write([encoded], 0);
  await file.write([encoded], layout.fileBytes - layout.headBytes);
}

function unreadable({ entry }: SealedSegment, offset: number): Error {
  return new Error(`segment ${entry.id} cannot be read near offset ${offset}: it gets no parity`);
}
