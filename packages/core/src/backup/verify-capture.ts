import { verifySegment } from "../check/verify-segment.ts";
import type { CheckProblem } from "../check/check-context.ts";
import type { Hasher } from "../hasher.ts";
import { storeSeed } from "../hasher.ts";
import type { WrittenSegment } from "../log/local-log.ts";
import { SegmentFiles } from "../log/segment-files.ts";
import type { FileSystem } from "../platform/file-system.ts";
import type { StoreCapture } from "./capture-store.ts";

/** Files of a capture that are read at the same time. */
const OPEN_FILES = 2;

export interface CaptureSource {
  readonly capture: StoreCapture;
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  readonly pause: (bytes: number) => Promise<void>;
}

/**
 * Verifies every record of a segment of the log that a backup copies, up to where the capture says
 * that it was written: what is wrong with it, in words. Rot that is copied under a checksum of its
 * own would be taken for sound ever after. Only `pause` rejects.
 */
export async function verifyCaptured(
  source: CaptureSource,
  { entry }: WrittenSegment,
): Promise<CheckProblem[]> {
  const { capture, fileSystem, hasher, pause } = source;
  const { checksumId: storeId } = capture.store;
  const identity = { hasher, seed: storeSeed(hasher, storeId) };
  const options = { openMax: OPEN_FILES, hasher };
  const commitFiles = new SegmentFiles(fileSystem, capture.directory, options);
  commitFiles.add(entry);
  try {
    const reading = { after: 0, pause };
    const { faults } = await verifySegment({ commitFiles, identity, storeId }, entry, reading);
    return faults.map(({ what, offset }) => ({
      what: `${what}; the backup has it as it is: repair the store (firn scrub), and back it up anew`,
      file: commitFiles.path(entry),
      segment: entry.id,
      offset,
    }));
  } finally {
    await commitFiles.close();
  }
}
