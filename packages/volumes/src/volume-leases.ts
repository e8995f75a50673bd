/** Leases on volumes: what AWS calls attachments. The newest lease is the only one that writes. */
import { deviceId, type CatalogTransaction, type VolumeRecord } from "./catalog.ts";
import { deleteVolume, inUse } from "./delete-volume.ts";
import type { AttachmentDescription } from "./descriptions.ts";
import { existingVolume, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";

export interface AttachVolumeOptions {
  readonly volumeId: string;
  /** Names the lease's holder. */
  readonly instanceId: string;
  readonly device: string;
}

export interface DetachVolumeOptions {
  readonly volumeId: string;
  /** When given, the lease must be this one's. */
  readonly instanceId?: string | undefined;
  readonly device?: string | undefined;
}

/** Leases a volume; handles from before are ended, whoever opens it from now on has the lease. */
export async function attachVolume(
  context: EngineContext,
  options: AttachVolumeOptions,
): Promise<AttachmentDescription> {
  const { volumeId, instanceId, device } = options;
  const id = deviceId(instanceId, device);
  const reads = [["volume", volumeId] as const, ["device", id] as const];
  const attached = await context.transact(reads, (catalog, tx) => {
    const record = requireVolume(catalog, volumeId);
    if (record.attachment !== null) throw inUse(record);
    const other = catalog.device(id);
    if (other !== undefined) throw deviceTaken(options, other.volumeId);
    const generation = record.generation + 1;
    const attachment = { instanceId, device, attachTime: tx.now, generation };
    catalog.put("volume", volumeId, { ...record, generation, attachment });
    catalog.put("device", id, { volumeId });
    return { ...attachment, volumeId };
  });
  context.endHandles(volumeId, "detached");
  return attached;
}

/** Ends a lease, and every handle that was opened under it. */
export async function detachVolume(
  context: EngineContext,
  options: DetachVolumeOptions,
): Promise<AttachmentDescription> {
  const { volumeId, instanceId, device } = options;
  const detached = await context.transact([["volume", volumeId]], (catalog) => {
    const record = requireVolume(catalog, volumeId);
    const { attachment } = record;
    const fits =
      attachment !== null &&
      (instanceId === undefined || instanceId === attachment.instanceId) &&
      (device === undefined || device === attachment.device);
    if (!fits) throw notAttached(record);
    catalog.put("volume", volumeId, { ...record, attachment: null });
    catalog.delete("device", deviceId(attachment.instanceId, attachment.device));
    const isEphemeral = record.ephemeral === true;
    return { isEphemeral, attachment: { ...attachment, volumeId } };
  });
  context.endHandles(volumeId, "detached");
  if (detached.isEphemeral) await deleteVolume(context, volumeId);
  return detached.attachment;
}

/** Whether nobody has attached or detached the volume between the two moments. */
export function isSameLease(before: VolumeRecord, after: VolumeRecord): boolean {
  const held = (record: VolumeRecord): boolean => record.attachment !== null;
  return before.generation === after.generation && held(before) === held(after);
}

function stateOf(record: VolumeRecord): "available" | "in-use" {
  return record.attachment === null ? "available" : "in-use";
}

function notAttached(record: VolumeRecord): Error {
  const { volumeId } = record;
  const state = stateOf(record);
  const text = `Volume '${volumeId}' is in the '${state}' state, or attached elsewhere.`;
  return volumeError("FIRN_VOLUME_NOT_ATTACHED", text, { detail: { volumeId, state } });
}

function deviceTaken({ device }: AttachVolumeOptions, volumeId: string): Error {
  const text = `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`;
  return volumeError("FIRN_VOLUME_DEVICE_TAKEN", text, { detail: { device, volumeId } });
}

function requireVolume(catalog: CatalogTransaction, volumeId: string): VolumeRecord {
  return existingVolume(catalog.volume(volumeId), volumeId);
}
