/*
 * A volume as it was at a moment of its history: a version that begins as the newest anchor before
 * it is, and has then every record of the volume's head up to that moment. Compaction has taken
 * nothing of these records, because they lie behind the oldest anchor.
 *
 * The version is nobody's until a checkpoint has it. From then on its blocks are mapped like those
 * of any other one, so the anchor may go: what is asked at the end is only whether it was there
 * until then. A crash before the version has a name takes it back.
 */
import type { VolumeRecord } from "./catalog.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { anchorAt, fromTimeOf, sizeAt, type AnchorRecord } from "./history-record.ts";
import type { Lineage } from "./lineage.ts";
import type { Lease } from "./lineages.ts";
import { DATA, decodeRecord, type Extent } from "./stream-record.ts";
import { UNIT_BYTES } from "./constants.ts";
import type { Version } from "./version-tree.ts";

export interface Moment {
  readonly record: VolumeRecord;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly sizeGiB: number;
  /** What it was read from; the moment stands on its own by now. */
  readonly anchor: AnchorRecord;
  readonly version: Version;
  readonly lease: Lease;
}

/**
 * Makes the moment's version. Who called it gives back the lease, and removes the version or names
 * it. O(the log between the anchor and the moment), at most about a quarter of the window.
 * @throws FIRN_VOLUME_HISTORY_GONE, FIRN_VOLUME_PARAMETER when the moment is still to come.
 */
export async function makeMoment(
  context: EngineContext,
  record: VolumeRecord,
  time: number,
): Promise<Moment> {
  const anchor = anchorFor(record, time, context.store.clock.now());
  const lease = await context.lineages.acquire(record);
  const { lineage } = lease;
  let version: Version | undefined;
  try {
    // What is replayed is read from the log's files.
    await lineage.stream.barrier();
    const from = lineage.versions.get(anchor.version);
    if (from === undefined || from.hidden) throw historyGone(record, time);
    version = lineage.derive(from);
    await replayInto(lineage, version, { head: record.head, after: anchor.lsn, time });
    await lineage.checkpoint();
    await checkAnchored(context, record, { anchor, time });
    const sizeGiB = sizeAt(record.history as NonNullable<typeof record.history>, time);
    return { record, time, sizeGiB, anchor, version, lease };
  } catch (error) {
    if (version !== undefined) lineage.remove(version.number);
    lease.release();
    // Whatever was missing may have gone with the anchor.
    await checkAnchored(context, record, { anchor, time });
    throw error;
  }
}

/** Has the anchor been there all the time? @throws FIRN_VOLUME_HISTORY_GONE. */
export function assertAnchored(
  record: VolumeRecord | undefined,
  { anchor, time, volumeId }: { anchor: AnchorRecord; time: number; volumeId: string },
): void {
  const there = record?.history?.anchors.some(({ version }) => version === anchor.version);
  if (there !== true) throw historyGone(record ?? { volumeId }, time);
}

async function checkAnchored(
  context: EngineContext,
  { volumeId }: VolumeRecord,
  { anchor, time }: { readonly anchor: AnchorRecord; readonly time: number },
): Promise<void> {
  const record = await context.find<VolumeRecord>("volume", volumeId);
  assertAnchored(record, { anchor, time, volumeId });
}

function anchorFor(record: VolumeRecord, time: number, nowMs: number): AnchorRecord {
  if (!Number.isSafeInteger(time) || time > nowMs) {
    const text = "A moment is given in milliseconds since 1970 UTC, and must not be in the future.";
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "time" } });
  }
  const anchor = record.history && anchorAt(record.history, time);
  if (anchor === undefined) throw historyGone(record, time);
  return anchor;
}

function historyGone(
  { volumeId, history }: Pick<VolumeRecord, "volumeId" | "history">,
  time: number,
): Error {
  const fromTime = history && fromTimeOf(history);
  const since =
    fromTime === undefined
      ? "it keeps none of its past"
      : `its past begins at ${new Date(fromTime).toISOString()}`;
  const at = new Date(time).toISOString();
  const text = `The volume '${volumeId}' cannot be read as of ${at}: ${since}.`;
  return volumeError("FIRN_VOLUME_HISTORY_GONE", text, { detail: { volumeId, time, fromTime } });
}

interface Replayed {
  readonly head: number;
  /** LSN of the anchor. */
  readonly after: number;
  /** Records of this millisecond are replayed, later ones are not. */
  readonly time: number;
}

async function replayInto(lineage: Lineage, version: Version, replayed: Replayed): Promise<void> {
  for await (const record of lineage.stream.replay(replayed.after + 1)) {
    if (record.time > replayed.time) return;
    // What compaction has left nothing of is no record of this head.
    if (record.body[0] === 0) continue;
    const decoded = decodeRecord(record.body);
    if (decoded.kind !== "blocks" || decoded.head !== replayed.head) continue;
    let position = record.position + decoded.unitsAt;
    for (const extent of decoded.extents) {
      await applyExtent(lineage, version, { extent, position });
      if (extent.mark === DATA) position += extent.count * UNIT_BYTES;
    }
    await lineage.makeRoom();
  }
}

async function applyExtent(
  lineage: Lineage,
  version: Version,
  { extent, position }: { readonly extent: Extent; readonly position: number },
): Promise<void> {
  const { first, count, mark } = extent;
  const path = { count, edges: mark !== DATA };
  // Writers may push nodes out of memory between the loading and the change.
  do await lineage.prepare(version, first, path);
  while (lineage.map.missing(version, first, path) !== 0);
  lineage.apply(version, [extent], position);
}
