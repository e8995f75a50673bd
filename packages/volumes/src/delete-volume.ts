import {
  anchorsOf,
  deviceId,
  idOfKey,
  kindRange,
  scopeOfKey,
  type Scope,
  type VolumeRecord,
} from "./catalog.ts";
import { ALL_IDS_MAX } from "./constants.ts";
import { existingVolume, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { dropMembers } from "./members.ts";

/**
 * Deletes a volume; snapshots and clones of it stay. Open handles fail from now on.
 * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_IN_USE unless the lease is to end with it.
 */
export async function deleteVolume(
  context: EngineContext,
  volumeId: string,
  options: { readonly endsLease: boolean } = { endsLease: false },
): Promise<void> {
  const left = await context.transact([["volume", volumeId]], (catalog, tx) => {
    const record = existingVolume(catalog.volume(volumeId), volumeId);
    const { attachment } = record;
    if (attachment !== null && !options.endsLease) throw inUse(record);
    if (attachment !== null) {
      catalog.delete("device", deviceId(attachment.instanceId, attachment.device));
    }
    catalog.delete("volume", volumeId);
    if (record.ephemeral === true) catalog.delete("ephemeral", volumeId);
    if (record.clientToken !== "") catalog.delete("token", record.clientToken);
    if (record.history !== undefined) catalog.delete("history", volumeId);
    const versions = [record.head, ...anchorsOf(record)];
    return { ...record, versions, dropped: dropMembers(tx, record.space, versions) };
  });
  context.endHandles(volumeId);
  context.state.histories.forget(volumeId);
  context.state.moments.forget(volumeId);
  context.state.throttles?.delete(volumeId);
  context.state.impaired.delete(volumeId);
  await context.lineages.membersLeft(left);
}

/** What was to live no longer than the process that made it: removed when the engine opens. */
export async function deleteEphemeral(context: EngineContext): Promise<void> {
  const { store, catalog } = context.state;
  const found: { readonly id: string; readonly scope: Scope }[] = [];
  const view = store.view();
  try {
    const page = { ...kindRange("ephemeral"), limit: ALL_IDS_MAX };
    for (const { key } of await view.page(catalog, page)) {
      found.push({ id: idOfKey(key), scope: scopeOfKey(key) });
    }
  } finally {
    view.close();
  }
  for (const { id, scope } of found) {
    await deleteVolume(context.in(scope), id, { endsLease: true });
  }
}

export function inUse(record: VolumeRecord): Error {
  const { volumeId, attachment } = record;
  const text = `Volume ${volumeId} is currently attached to ${attachment?.instanceId ?? "nobody"}`;
  return volumeError("FIRN_VOLUME_IN_USE", text, {
    detail: { volumeId, instanceId: attachment?.instanceId },
  });
}
