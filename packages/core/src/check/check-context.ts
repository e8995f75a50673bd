import type { IndexFactory } from "../index/ordered-index.ts";
import { segmentHeaderMatches } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { SegmentFiles } from "../log/segment-files.ts";
import type { FileSystem } from "../platform/file-system.ts";

export interface CheckProblem {
  /** In words, with what to do. */
  readonly what: string;
  readonly file?: string | undefined;
  readonly segment?: number | undefined;
  readonly offset?: number | undefined;
}

/** What the parts of a check share: where to look, and what they found. */
export interface CheckContext {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly index: IndexFactory;
  /** Where the index lies. */
  readonly indexDirectory: string;
  readonly identity: RecordIdentity;
  readonly storeId: string;
  readonly commitFiles: SegmentFiles;
  readonly extentFiles: SegmentFiles;
  readonly problems: CheckProblem[];
  /** Told of bytes that were read, and of which file. */
  readonly onRead?: ((bytes: number, file: string) => void) | undefined;
}

/** Is it the header that the manifest promises for that segment? */
export function headerMatches(
  context: Pick<CheckContext, "identity" | "storeId">,
  entry: SegmentEntry,
  bytes: Uint8Array,
): boolean {
  const salt = BigInt(`0x${entry.salt}`);
  const header = { salt, storeId: context.storeId, segmentId: entry.id, base: entry.base };
  return segmentHeaderMatches(bytes, header, context.identity.hasher);
}
