/**
 * `firn check`: reads every byte of a closed store that counts and says what is wrong with it. It
 * repairs nothing; a torn tail is no fault (the next open cuts it), and so is an index that lags
 * behind.
 */
import type { ManifestState } from "../log/manifest.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { Lsn } from "../store-api.ts";
import { checkBlobs } from "./check-blobs.ts";
import { BlobCensus } from "./blob-census.ts";
import type { CheckContext, CheckProblem } from "./check-context.ts";
import { checkIndex } from "./check-index.ts";
import { checkParity } from "./check-parity.ts";
import { openDirectory } from "./open-directory.ts";
import type { CheckOptions } from "./open-directory.ts";
import { verifySegment } from "./verify-segment.ts";

export interface CheckReport {
  readonly directory: string;
  readonly storeId: string;
  readonly segments: number;
  readonly records: number;
  /** Bytes of groups verified. */
  readonly logBytes: number;
  /**
   * Bytes behind the last good record of segments that no close had sealed: cut at the next open.
   */
  readonly tornBytes: number;
  readonly lastLsn: Lsn;
  readonly indexEntries: number;
  readonly indexLsn: Lsn;
  readonly blobs: number;
  readonly blobBytes: number;
  /** Empty when the store is whole. */
  readonly problems: readonly CheckProblem[];
}

/**
 * Verifies a directory that nobody has open.
 * @throws FIRN_STORE_LOCKED, FIRN_STORE_NEWER, FIRN_STORE_DAMAGED (a manifest that cannot be read).
 */
export async function checkStore(options: CheckOptions): Promise<CheckReport> {
  const { context, state, manifest, close } = await openDirectory(options);
  const { damage } = manifest;
  if (damage !== undefined) {
    const what = `${damage.message}; its twin is whole, and the next opening writes it again`;
    context.problems.push({ what, file: String(damage.detail["file"]) });
  }
  try {
    return await checkParts(reporting(context, state, options), state);
  } finally {
    await close();
  }
}

function reporting(
  context: CheckContext,
  { segments }: ManifestState,
  { onProgress }: CheckOptions,
): CheckContext {
  const totalBytes = segments.reduce((sum, { sealedBytes = 0 }) => sum + sealedBytes, 0);
  let done = 0;
  const onRead = (bytes: number, file: string): void => {
    done += bytes;
    onProgress?.({ bytes: done, totalBytes: Math.max(done, totalBytes), file });
  };
  return { ...context, onRead };
}

async function checkParts(context: CheckContext, state: ManifestState): Promise<CheckReport> {
  const segments = state.segments.length;
  const census = new BlobCensus();
  const index = await checkIndex(context, census);
  const found = await checkLog(context, (record) => census.follow(record, index.lsn));
  // The newest records may have been deleted since, and compacted away.
  const log = { ...found, lastLsn: Math.max(found.lastLsn, state.thinned?.lsn ?? 0) };
  if (index.lsn > log.lastLsn) {
    context.problems.push({
      what:
        `the index was told that LSN ${index.lsn} is durable, but the log ends at ` +
        `${log.lastLsn}: log files are missing or cut`,
    });
  }
  const blobBytes = await checkBlobs(context, census);
  await checkParity(context);
  const { directory, problems } = context;
  const { storeId } = state;
  const derived = { indexEntries: index.entries, indexLsn: index.lsn };
  const bulk = { blobs: census.size, blobBytes };
  return { directory, storeId, segments, ...log, ...derived, ...bulk, problems };
}

interface LogTotals {
  readonly records: number;
  readonly logBytes: number;
  readonly tornBytes: number;
  readonly lastLsn: Lsn;
}

/** Scans every commit segment from its first byte. */
async function checkLog(
  context: CheckContext,
  visit: (record: LoggedRecord) => void,
): Promise<LogTotals> {
  const totals = { records: 0, logBytes: 0, tornBytes: 0, lastLsn: 0 };
  let end = 0;
  for (const entry of context.commitFiles.entries) {
    // What compaction has dropped leaves gaps, in the addresses and in the LSNs.
    const after = entry.base === end ? totals.lastLsn : 0;
    end = entry.base + entry.capacity;
    const file = context.commitFiles.path(entry);
    const pause = (bytes: number): Promise<void> => Promise.resolve(context.onRead?.(bytes, file));
    const found = await verifySegment(context, entry, { after, visit, pause });
    totals.records += found.records;
    totals.logBytes += found.bytes;
    totals.tornBytes += found.tornBytes;
    totals.lastLsn = Math.max(totals.lastLsn, found.lastLsn);
    for (const { what, offset } of found.faults) {
      const place = `segment ${entry.id}, offset ${offset}`;
      context.problems.push({ what: `${what}: ${place}`, file, segment: entry.id, offset });
    }
  }
  return totals;
}
