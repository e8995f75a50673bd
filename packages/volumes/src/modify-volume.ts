/** Changes of size, type and performance; they take effect at once, on open handles too. */
import {
  performanceRow,
  type Modification,
  type VolumePerformanceRow,
  type VolumeRecord,
} from "./catalog.ts";
import { GIB } from "./constants.ts";
import { describeVolume, type VolumeDescription } from "./descriptions.ts";
import { existingVolume, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { resized } from "./history-record.ts";
import { openVersion } from "./open-version.ts";
import { resolvePerformance, type VolumePerformanceRequest } from "./volume-types.ts";

export interface ModifyVolumeOptions {
  readonly volumeId: string;
  /** GiB; below the present size only with `shrink`. */
  readonly sizeGiB?: number | undefined;
  /**
   * Lets the size be smaller than it is: what lies behind the new end is gone for good. EBS has
   * nothing of the kind. Default false.
   */
  readonly shrink?: boolean | undefined;
  readonly volumeType?: string | undefined;
  readonly iops?: number | undefined;
  readonly throughput?: number | undefined;
}

/** @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_PARAMETER…. */
export async function modifyVolume(
  context: EngineContext,
  options: ModifyVolumeOptions,
): Promise<VolumeDescription> {
  const { volumeId } = options;
  const record = await context.volume(volumeId);
  const target = targetOf(record, options);
  const shrinks = target.sizeGiB < record.performance.sizeGiB;
  // The bytes go first: a crash must not leave them for a later growth to bring back.
  if (shrinks) await cutOff(context, record, target.sizeGiB);
  const description = await context.transact([["volume", volumeId]], (catalog, tx) => {
    const current = existingVolume(catalog.volume(volumeId), volumeId);
    const modification = {
      target: targetOf(current, options),
      original: current.performance,
      time: tx.now,
    };
    const performance = modification.target;
    const changed = { ...current, performance, modification, ...historyOf(current, modification) };
    catalog.put("volume", volumeId, changed);
    return describeVolume(changed);
  });
  resizeHandles(context, volumeId, description.sizeGiB);
  // A handle that was opened meanwhile may have written behind the new end.
  if (shrinks) await cutOff(context, record, description.sizeGiB);
  context.state.throttles?.get(volumeId)?.change(description);
  return description;
}

/** A moment of the past has the size that the volume had then. */
function historyOf(
  { history }: VolumeRecord,
  { target, original, time }: Modification,
): Pick<VolumeRecord, "history"> {
  if (history === undefined || target.sizeGiB === original.sizeGiB) return {};
  return { history: resized(history, { time, sizeGiB: target.sizeGiB }) };
}

function targetOf(record: VolumeRecord, options: ModifyVolumeOptions): VolumePerformanceRow {
  const before = record.performance;
  const target = performanceRow(resolvePerformance(modifiedRequest(before, options)));
  if (target.sizeGiB >= before.sizeGiB || options.shrink === true) return target;
  const text = "New size cannot be smaller than existing size";
  throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "size" } });
}

/** Trims what lies behind the new end, durably. Snapshots keep it. */
async function cutOff(
  context: EngineContext,
  record: VolumeRecord,
  sizeGiB: number,
): Promise<void> {
  const { volumeId, head, performance } = record;
  resizeHandles(context, volumeId, sizeGiB);
  const whole = { ...record, id: volumeId, version: head, sizeGiB: performance.sizeGiB };
  const volume = await openVersion(context, whole);
  try {
    await volume.trim(sizeGiB * GIB, (performance.sizeGiB - sizeGiB) * GIB);
    await volume.flush();
  } finally {
    await volume.close();
  }
}

function resizeHandles(context: EngineContext, volumeId: string, sizeGiB: number): void {
  for (const handle of context.state.handles.get(volumeId) ?? []) handle.resizedTo(sizeGiB * GIB);
}

/** Figures of the old type hold on when the type stays and the new one does not override them. */
function modifiedRequest(
  before: VolumePerformanceRow,
  options: ModifyVolumeOptions,
): VolumePerformanceRequest {
  const volumeType = options.volumeType ?? before.volumeType;
  const keeps = volumeType === before.volumeType && volumeType !== "gp2";
  return {
    volumeType,
    sizeGiB: options.sizeGiB ?? before.sizeGiB,
    iops: options.iops ?? (keeps && before.iops > 0 ? before.iops : undefined),
    throughput:
      options.throughput ?? (keeps && before.throughput > 0 ? before.throughput : undefined),
  };
}
