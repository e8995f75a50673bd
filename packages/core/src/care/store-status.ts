import type { SegmentEntry } from "../log/manifest.ts";
import type { IndexStatus, KeySpaceGarbage, SpaceStatus, StoreStatus } from "../status-api.ts";
import type { Position } from "../store-api.ts";
import type { StoreCareParts } from "./store-care.ts";
import type { StoreCare } from "./store-care.ts";

/** More than a person reads. */
const KEY_SPACES_MAX = 100;

/** What is known of an open store without reading its data. */
export async function storeStatus(parts: StoreCareParts, care: StoreCare): Promise<StoreStatus> {
  const { context, queue, log, pins } = parts;
  const { failure } = queue;
  return {
    storeId: context.home.manifest.state.storeId,
    directory: context.directory,
    nowMs: context.clock.now(),
    head: { lsn: queue.lastLsn, durableLsn: queue.durableLsn, position: log.head },
    index: indexStatus(parts),
    space: await spaceStatus(parts, care),
    history: parts.store().historyStatus,
    pins: pins.named,
    scrub: await care.scrubber.status(),
    parity: { ...care.parity.status, healed: care.healed },
    failure: failure && { code: failure.code, message: failure.message },
  };
}

function indexStatus(parts: StoreCareParts): IndexStatus {
  const { holder, queue, flusher } = parts;
  const { mark } = holder.index;
  const lsn = mark?.lsn ?? 0;
  const failure = holder.damage ?? (flusher.failure as Error | undefined)?.message;
  return {
    lsn,
    lagRecords: queue.lastLsn - lsn,
    lagBytes: lsn === queue.lastLsn ? 0 : bytesBehind(parts, mark?.position ?? 0),
    failure,
  };
}

/** Log bytes from a position on; segments are not full to their end. */
function bytesBehind({ context, log }: StoreCareParts, from: Position): number {
  let bytes = 0;
  for (const { base, capacity, sealedBytes } of context.commitFiles.entries) {
    const end = Math.min(base + (sealedBytes ?? capacity), log.head);
    bytes += Math.max(0, end - Math.max(base, from));
  }
  return bytes;
}

async function spaceStatus(parts: StoreCareParts, care: StoreCare): Promise<SpaceStatus> {
  const { context, log, compactor, blobCompactor } = parts;
  const { commitFiles, extentFiles } = context;
  // A segment that is still written reaches to the head, at most.
  const bytesOf = ({ sealedBytes, base, capacity }: SegmentEntry): number =>
    sealedBytes ?? Math.max(0, Math.min(capacity, log.head - base));
  const sum = (entries: readonly SegmentEntry[], bytes: typeof bytesOf): number =>
    entries.reduce((total, entry) => total + bytes(entry), 0);
  const commitBytes = sum(commitFiles.entries, bytesOf);
  const garbageBytes = Math.round(compactor.garbageBytes);
  return {
    commitSegments: commitFiles.entries.length,
    extentSegments: extentFiles.entries.length,
    commitBytes,
    garbageBytes,
    liveBytes: Math.max(0, commitBytes - garbageBytes),
    extentBytes: await bytesOfExtents(parts),
    keySpaces: garbageOfSpaces(parts),
    blobLiveBytes: blobCompactor.last?.liveBytes,
    blobGarbageBytes: blobCompactor.last?.garbageBytes,
    parityBytes: care.parity.bytes,
  };
}

function garbageOfSpaces({ compactor, spaces }: StoreCareParts): KeySpaceGarbage[] {
  return compactor
    .garbagePerSpace()
    .sort((a, b) => b.garbageBytes - a.garbageBytes || b.bytes - a.bytes)
    .slice(0, KEY_SPACES_MAX)
    .map((one) => ({ ...one, name: spaces.nameOf(one.space) }));
}

/** A segment that is still written is as long as its file. */
async function bytesOfExtents({ context }: StoreCareParts): Promise<number> {
  const { extentFiles } = context;
  let total = 0;
  for (const entry of extentFiles.entries) {
    const { sealedBytes } = entry;
    total += sealedBytes ?? (await extentFiles.with(entry, (handle) => handle.size()));
  }
  return total;
}
