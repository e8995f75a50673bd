/**
 * `firn check`: reads every byte of a closed store that counts and says what is wrong with it. It
 * repairs nothing; a torn tail is no fault (the next open cuts it), and so is an index that lags
 * behind.
 */
import { coreError } from "../errors.ts";
import { loadHasher, storeSeed } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import { Manifest } from "../log/manifest.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { SegmentFiles } from "../log/segment-files.ts";
import { findDurableClaim, scanSegment } from "../log/segment-scan.ts";
import type { ScanEnd, ScanSource } from "../log/segment-scan.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import { levelIndex } from "../index/level-index.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { Lsn } from "../store-api.ts";
import { checkBlobs } from "./check-blobs.ts";
import { BlobCensus } from "./blob-census.ts";
import { headerMatches } from "./check-context.ts";
import type { CheckContext, CheckProblem } from "./check-context.ts";
import { checkIndex } from "./check-index.ts";

export interface CheckOptions {
  readonly directory: string;
  readonly fileSystem?: FileSystem | undefined;
  readonly index?: IndexFactory | undefined;
  readonly hasher?: Hasher | undefined;
}

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

const OPEN_FILES = 8;

/**
 * Verifies a directory that nobody has open.
 * @throws FIRN_STORE_LOCKED, FIRN_STORE_NEWER, FIRN_STORE_DAMAGED (a manifest that cannot be read).
 */
export async function checkStore(options: CheckOptions): Promise<CheckReport> {
  const { directory } = options;
  const fileSystem = options.fileSystem ?? new NodeFileSystem();
  const hasher = options.hasher ?? (await loadHasher());
  const manifest = await Manifest.read({ fileSystem, hasher, directory });
  if (manifest === undefined) {
    throw coreError("FIRN_STORE_DAMAGED", `there is no store in ${directory}`, {
      detail: { directory },
    });
  }
  const lock = await fileSystem.lock(`${directory}/lock`);
  if (lock === undefined) {
    throw coreError("FIRN_STORE_LOCKED", `a process has the store open: ${directory}`, {
      detail: { directory },
    });
  }
  const { storeId, segments } = manifest.state;
  const context: CheckContext = {
    directory,
    fileSystem,
    index: options.index ?? levelIndex,
    identity: { hasher, seed: storeSeed(hasher, storeId) },
    storeId,
    commitFiles: filesOf(segments, { kind: "commit", fileSystem, directory }),
    extentFiles: filesOf(segments, { kind: "extent", fileSystem, directory }),
    problems: [],
  };
  try {
    return await checkParts(context, segments.length);
  } finally {
    await context.commitFiles.close();
    await context.extentFiles.close();
    await lock.release();
  }
}

function filesOf(
  segments: readonly SegmentEntry[],
  where: { kind: SegmentEntry["kind"]; fileSystem: FileSystem; directory: string },
): SegmentFiles {
  const files = new SegmentFiles(where.fileSystem, where.directory, OPEN_FILES);
  const entries = segments.filter(({ kind }) => kind === where.kind);
  for (const entry of [...entries].sort((a, b) => a.base - b.base)) files.add(entry);
  return files;
}

async function checkParts(context: CheckContext, segments: number): Promise<CheckReport> {
  const census = new BlobCensus();
  const index = await checkIndex(context, census);
  const log = await new LogCheck(context, (record) => census.follow(record, index.lsn)).run();
  if (index.lsn > log.lastLsn) {
    context.problems.push({
      what:
        `the index was told that LSN ${index.lsn} is durable, but the log ends at ` +
        `${log.lastLsn}: log files are missing or cut`,
    });
  }
  const blobBytes = await checkBlobs(context, census);
  const { directory, storeId, problems } = context;
  const found = { indexEntries: index.entries, indexLsn: index.lsn, blobs: census.size, blobBytes };
  return { directory, storeId, segments, ...log, ...found, problems };
}

interface LogTotals {
  readonly records: number;
  readonly logBytes: number;
  readonly tornBytes: number;
  readonly lastLsn: Lsn;
}

/** Scans every commit segment from its first byte. */
class LogCheck {
  readonly #context: CheckContext;
  readonly #visit: (record: LoggedRecord) => void;
  #totals = { records: 0, logBytes: 0, tornBytes: 0, lastLsn: 0 };

  constructor(context: CheckContext, visit: (record: LoggedRecord) => void) {
    this.#context = context;
    this.#visit = visit;
  }

  async run(): Promise<LogTotals> {
    for (const entry of this.#context.commitFiles.entries) await this.#segment(entry);
    return this.#totals;
  }

  async #segment(entry: SegmentEntry): Promise<void> {
    const { commitFiles, identity } = this.#context;
    try {
      await commitFiles.with(entry, async (handle) => {
        const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
        await handle.read(header, 0);
        if (!headerMatches(this.#context, entry, header)) {
          return this.#problem(entry, 0, "its header is not the one that the manifest names");
        }
        const limit = entry.sealedBytes ?? (await handle.size());
        await this.#scan({ handle, entry, limit, identity });
      });
    } catch (error) {
      this.#problem(entry, 0, `it cannot be read (${(error as Error).message})`);
    }
  }

  async #scan(source: ScanSource): Promise<void> {
    const { lastLsn } = this.#totals;
    const scan = scanSegment(source, SEGMENT_HEADER_BYTES, lastLsn === 0 ? undefined : lastLsn + 1);
    for (let step = await scan.next(); ; step = await scan.next()) {
      if (step.done) return this.#end(source, step.value);
      this.#totals.records += step.value.length;
      for (const record of step.value) this.#visit(record);
      this.#totals.lastLsn = step.value.at(-1)?.lsn ?? this.#totals.lastLsn;
    }
  }

  async #end(source: ScanSource, end: ScanEnd): Promise<void> {
    const { entry, limit } = source;
    this.#totals.logBytes += end.offset - SEGMENT_HEADER_BYTES;
    if (end.offset >= limit) return;
    if (entry.sealedBytes !== undefined) {
      return this.#problem(entry, end.offset, "a record in a sealed segment fails its checksum");
    }
    const claim = await findDurableClaim(source, end.offset, this.#totals.lastLsn);
    if (claim !== undefined) {
      return this.#problem(entry, end.offset, "a record that was durable fails its checksum");
    }
    if (!end.clean) this.#totals.tornBytes += limit - end.offset;
  }

  #problem(entry: SegmentEntry, offset: number, what: string): void {
    const file = this.#context.commitFiles.path(entry);
    const place = `segment ${entry.id}, offset ${offset}`;
    this.#context.problems.push({ what: `${what}: ${place}`, file, segment: entry.id, offset });
  }
}
