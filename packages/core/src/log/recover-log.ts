/**
 * Opening a log: finds where it ends, hands every record behind the index's mark to the caller,
 * seals what a former process left open, and never appends to it again.
 *
 * What fails its checksum is a torn tail when no later group calls it durable, and is cut;
 * otherwise it is corruption, reported with segment and offset, and the store does not open.
 */
import { coreError } from "../errors.ts";
import type { Lsn, Position } from "../store-api.ts";
import { SEGMENT_HEADER_BYTES, segmentHeaderMatches } from "./frame.ts";
import { LocalLog } from "./local-log.ts";
import type { LogHome } from "./log-home.ts";
import type { PackedExtent, SegmentEntry } from "./manifest.ts";
import type { SegmentFiles } from "./segment-files.ts";
import { findDurableClaim, scanSegment } from "./segment-scan.ts";
import type { ScanSource } from "./segment-scan.ts";
import type { LoggedRecord } from "./shard-log.ts";

/** Where replay begins: the group behind what the index covers. */
export interface ReplayStart {
  readonly position: Position;
  readonly lsn: Lsn;
}

/** One step of writing a tail once more. */
const REWRITE_BYTES: number = 1024 * 1024;

export type ReplayVisitor = (records: readonly LoggedRecord[]) => Promise<void>;

interface Recovery {
  readonly home: LogHome;
  readonly files: SegmentFiles;
  readonly visit: ReplayVisitor;
  /** Ends found for segments that no manifest entry had sealed. */
  readonly sealed: Map<number, number>;
  lastLsn: Lsn;
  /** Before the segment at hand others were taken away: its first LSN may be any later one. */
  gap: boolean;
  /** Set once a tail was cut: nothing behind it counts. */
  cut: { readonly entry: SegmentEntry; readonly offset: number } | undefined;
}

const START = { lastLsn: 0, gap: false, cut: undefined } as const;

/** @throws FIRN_STORE_DAMAGED with segment, file and offset. */
export async function recoverLog(
  home: LogHome,
  files: SegmentFiles,
  replay: { readonly from: ReplayStart | undefined; readonly visit: ReplayVisitor },
): Promise<{ readonly log: LocalLog; readonly lastLsn: Lsn }> {
  const { from, visit } = replay;
  const recovery: Recovery = { home, files, visit, sealed: new Map(), ...START };
  for (const [at, entry] of files.entries.entries()) {
    recovery.gap = isGap(files.entries[at - 1], entry);
    if (entry.packed === undefined) await recoverSegment(recovery, entry, from);
    else if (from === undefined || entry.packed.lastLsn > from.lsn) {
      await recoverPacked(recovery, entry, entry.packed);
    }
  }
  if (recovery.sealed.size > 0) await sealFound(recovery);
  const last = files.entries.at(-1);
  const head = last === undefined ? 0 : last.base + last.capacity;
  const log = new LocalLog(home, files, head);
  // What compaction took away may have been the newest.
  const lastLsn = Math.max(recovery.lastLsn, home.manifest.state.thinned?.lsn ?? 0);
  return { log, lastLsn };
}

/** Did compaction take whole segments away between the two? Then LSNs are missing. */
function isGap(before: SegmentEntry | undefined, entry: SegmentEntry): boolean {
  const end = before === undefined ? 0 : before.base + before.capacity;
  return end < entry.base;
}

/** Read from its beginning: whoever replays it leaves out what the index covers. */
async function recoverPacked(
  recovery: Recovery,
  entry: SegmentEntry,
  packed: PackedExtent,
): Promise<void> {
  const { files, home } = recovery;
  await files.with(entry, async (handle) => {
    await checkHeader(recovery, entry, await readHeader(handle));
    const source = { handle, entry, limit: packed.dataBytes, identity: home.identity };
    const scan = scanSegment(source, SEGMENT_HEADER_BYTES, undefined);
    let step = await scan.next();
    for (; !step.done; step = await scan.next()) await recovery.visit(step.value);
    if (step.value.offset < packed.dataBytes) {
      throw damaged(recovery, entry, step.value.offset, "a packed segment has a bad record");
    }
  });
  recovery.lastLsn = Math.max(recovery.lastLsn, packed.lastLsn);
}

async function recoverSegment(
  recovery: Recovery,
  entry: SegmentEntry,
  from: ReplayStart | undefined,
): Promise<void> {
  const { files, home } = recovery;
  const start = from?.position ?? 0;
  const wholly = entry.base + (entry.sealedBytes ?? entry.capacity) <= start;
  if (wholly && entry.sealedBytes !== undefined) return;
  await files.with(entry, async (handle) => {
    await checkHeader(recovery, entry, await readHeader(handle));
    const limit = entry.sealedBytes ?? (await handle.size());
    const source = { handle, entry, limit, identity: home.identity };
    if (recovery.cut !== undefined) return dropBehindCut(recovery, source);
    const offset = Math.max(SEGMENT_HEADER_BYTES, start - entry.base);
    const replays = offset < entry.capacity && !wholly;
    if (entry.sealedBytes === undefined) await makeDurable(source, offset);
    const end = await replaySegment(recovery, source, replays ? offset : undefined);
    if (entry.sealedBytes === undefined) recovery.sealed.set(entry.id, end);
  });
}

/**
 * The process that wrote the segment may have died before its sync, or have seen it fail: then the
 * page cache holds bytes that the disk does not, marked clean, and another sync would say that all
 * is well. So what no group calls durable is written once more. What is served from here on is
 * durable.
 */
async function makeDurable(source: ScanSource, offset: number): Promise<void> {
  const { handle } = source;
  const scan = scanSegment(source, Math.min(offset, source.limit), undefined);
  let step = await scan.next();
  while (!step.done) step = await scan.next();
  for (let at = step.value.unclaimedFrom; at < step.value.offset; at += REWRITE_BYTES) {
    const bytes = Buffer.allocUnsafe(Math.min(REWRITE_BYTES, step.value.offset - at));
    await handle.read(bytes, at);
    await handle.write([bytes], at);
  }
  await handle.sync();
}

/** Scans from `offset` (from the start, showing nothing, when undefined); returns the end found. */
async function replaySegment(
  recovery: Recovery,
  source: ScanSource,
  offset: number | undefined,
): Promise<number> {
  // The first record of a replay may be older than what the index covers: its group is read whole.
  const known = recovery.lastLsn > 0 && !recovery.gap;
  const expected = known ? recovery.lastLsn + 1 : undefined;
  const scan = scanSegment(source, offset ?? SEGMENT_HEADER_BYTES, expected);
  for (let step = await scan.next(); ; step = await scan.next()) {
    if (step.done) {
      if (offset !== undefined) await judgeEnd(recovery, source, step.value);
      return step.value.offset;
    }
    if (offset === undefined) continue;
    await recovery.visit(step.value);
    recovery.lastLsn = step.value.at(-1)?.lsn ?? recovery.lastLsn;
  }
}

async function judgeEnd(
  recovery: Recovery,
  source: ScanSource,
  end: { readonly offset: number; readonly lastLsn: Lsn },
): Promise<void> {
  if (end.offset >= source.limit) return;
  const { entry } = source;
  if (entry.sealedBytes !== undefined) {
    throw damaged(recovery, entry, end.offset, "a sealed segment has a bad record");
  }
  const lastLsn = Math.max(end.lastLsn, recovery.lastLsn);
  const claim = await findDurableClaim(source, end.offset, lastLsn);
  if (claim !== undefined) {
    throw damaged(
      recovery,
      entry,
      end.offset,
      `LSN ${lastLsn + 1} was durable and fails to verify`,
    );
  }
  // What follows may simply go on (the log rolled here): judged by its first LSN.
  if (await continuesBehind(recovery, entry, lastLsn)) return;
  recovery.cut = { entry, offset: end.offset };
}

/**
 * Does a later segment begin with the LSN that must follow? Not always the next one: a record that
 * is too large for a segment that was made for a smaller one leaves it empty.
 */
async function continuesBehind(
  recovery: Recovery,
  entry: SegmentEntry,
  lastLsn: Lsn,
): Promise<boolean> {
  const { files, home } = recovery;
  for (const later of files.entries.filter((other) => other.base > entry.base)) {
    const begins = await files.with(later, async (handle) => {
      const limit = later.sealedBytes ?? (await handle.size());
      const source = { handle, entry: later, limit, identity: home.identity };
      const first = await scanSegment(source, SEGMENT_HEADER_BYTES, lastLsn + 1).next();
      return !first.done;
    });
    if (begins) return true;
  }
  return false;
}

/** Behind a cut nothing may be durable; what is not is sealed empty. */
async function dropBehindCut(recovery: Recovery, source: ScanSource): Promise<void> {
  const claim = await findDurableClaim(source, SEGMENT_HEADER_BYTES, recovery.lastLsn);
  if (claim !== undefined && recovery.cut !== undefined) {
    const { entry, offset } = recovery.cut;
    const message = `LSN ${recovery.lastLsn + 1} was durable and fails to verify`;
    throw damaged(recovery, entry, offset, message);
  }
  recovery.sealed.set(source.entry.id, SEGMENT_HEADER_BYTES);
}

async function readHeader(handle: ScanSource["handle"]): Promise<Uint8Array> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  await handle.read(bytes, 0);
  return bytes;
}

async function checkHeader(
  recovery: Recovery,
  entry: SegmentEntry,
  bytes: Uint8Array,
): Promise<void> {
  const { identity, storeId } = recovery.home;
  const header = {
    salt: BigInt(`0x${entry.salt}`),
    storeId,
    segmentId: entry.id,
    base: entry.base,
  };
  if (!segmentHeaderMatches(bytes, header, identity.hasher)) {
    throw damaged(recovery, entry, 0, "the segment's header is not the one the manifest names");
  }
}

function damaged(recovery: Recovery, entry: SegmentEntry, offset: number, what: string): Error {
  const file = recovery.files.path(entry);
  const detail = { segment: entry.id, offset, file };
  const message = `${what}: segment ${entry.id}, offset ${offset} (${file})`;
  return coreError("FIRN_STORE_DAMAGED", message, { detail });
}

async function sealFound({ home, files, sealed }: Recovery): Promise<void> {
  const seal = (entry: SegmentEntry): SegmentEntry => {
    const sealedBytes = sealed.get(entry.id);
    return sealedBytes === undefined ? entry : { ...entry, sealedBytes };
  };
  for (const entry of files.entries) files.replace(seal(entry));
  await home.manifest.amend((state) => ({ ...state, segments: state.segments.map(seal) }));
}
