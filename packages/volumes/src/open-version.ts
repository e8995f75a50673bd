/** Handles on versions of lineages. */
import { GIB } from "./constants.ts";
import { snapshotNotFound, volumeNotFound, type EngineContext } from "./engine-context.ts";
import type { Lineage } from "./lineage.ts";
import type { Throttled } from "./volume-throttle.ts";
import { Volume } from "./volume.ts";

export interface VersionSource {
  /** Volume or snapshot id. */
  readonly id: string;
  readonly space: number;
  readonly salt: number;
  readonly version: number;
  readonly sizeGiB: number;
  readonly throttle?: Throttled | undefined;
  /** Called when a block fails its checksum. */
  readonly onDamage?: (() => void) | undefined;
  /** Called once, when a handle of `openTracked` is closed. */
  readonly onClose?: (() => void) | undefined;
}

/**
 * Opens a version for one short piece of work: closing it stores nothing.
 * @throws FIRN_VOLUME_NOT_FOUND, FIRN_SNAPSHOT_NOT_FOUND.
 */
export async function openVersion(context: EngineContext, source: VersionSource): Promise<Volume> {
  return (await openHandle(context, source)).volume;
}

/** Opens a version for a user: it ends with its volume, and its map is stored at last. */
export async function openTracked(context: EngineContext, source: VersionSource): Promise<Volume> {
  const { id } = source;
  const { handles } = context.state;
  const { volume, lineage } = await openHandle(context, source, async () => {
    open.delete(volume);
    if (open.size === 0) handles.delete(id);
    source.onClose?.();
    await lineage.save();
  });
  const open = handles.get(id) ?? new Set();
  handles.set(id, open.add(volume));
  return volume;
}

async function openHandle(
  context: EngineContext,
  source: VersionSource,
  beforeRelease?: () => Promise<void>,
): Promise<{ volume: Volume; lineage: Lineage }> {
  const { id } = source;
  const { store, lineages, cache } = context.state;
  const lease = await lineages.acquire(source);
  const { lineage } = lease;
  const version = lineage.versions.get(source.version);
  if (version === undefined || version.hidden) {
    lease.release();
    throw id.startsWith("snap-") ? snapshotNotFound(id) : volumeNotFound(id);
  }
  const sizeBytes = source.sizeGiB * GIB;
  const release = async (): Promise<void> => {
    try {
      await beforeRelease?.();
    } finally {
      lease.release();
    }
  };
  const { throttle, onDamage } = source;
  const means = { throttle, onDamage, release };
  const volume = new Volume({ store, cache, lineage, version, id, sizeBytes, ...means });
  return { volume, lineage };
}
