/** Tags of volumes and snapshots: key/value pairs, at most 50 of a resource. */
import type { CatalogTransaction, SnapshotRecord, Tag, VolumeRecord } from "./catalog.ts";
import { TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX } from "./constants.ts";
import { snapshotNotFound, volumeNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";

/** @throws FIRN_VOLUME_TAG_LIMIT, FIRN_VOLUME_PARAMETER. */
export function checkTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) {
    throw volumeError("FIRN_VOLUME_TAG_LIMIT", `A resource takes ${TAGS_MAX} tags at the most.`);
  }
  for (const { key, value } of tags) {
    if (key.length < 1 || key.length > TAG_KEY_MAX) throw invalid("key", key);
    if (value.length > TAG_VALUE_MAX) throw invalid("value", value);
    if (key.startsWith("aws:")) {
      const text = "Tag keys starting with 'aws:' are reserved for internal use";
      throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "tag" } });
    }
  }
}

export interface TagChange {
  readonly resourceIds: readonly string[];
  /** `undefined` removes all. */
  readonly removed: readonly TagRemoval[] | undefined;
  readonly added: readonly Tag[];
}

/** Changes the tags of volumes and snapshots in one transaction. */
export async function changeTags(context: EngineContext, change: TagChange): Promise<void> {
  const { resourceIds, removed, added } = change;
  const reads = resourceIds.map((id) => [kindOf(id), id] as const);
  await context.transact(reads, (catalog) => {
    for (const id of resourceIds) {
      const record = existingResource(catalog, id);
      const kept = removed === undefined ? [] : withoutTags(record.tags, removed);
      const tags = withTags(kept, added);
      checkTags(tags);
      catalog.put(kindOf(id), id, { ...record, tags });
    }
  });
}

function kindOf(id: string): "snapshot" | "volume" {
  return id.startsWith("snap-") ? "snapshot" : "volume";
}

function existingResource(catalog: CatalogTransaction, id: string): SnapshotRecord | VolumeRecord {
  const isSnapshot = kindOf(id) === "snapshot";
  const record = isSnapshot ? catalog.snapshot(id) : catalog.volume(id);
  if (record === undefined) throw isSnapshot ? snapshotNotFound(id) : volumeNotFound(id);
  return record;
}

/** The tags with `added` on top: a key that was there gets the new value. */
function withTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  const merged = new Map(tags.map((tag) => [tag.key, tag]));
  for (const tag of added) merged.set(tag.key, tag);
  return [...merged.values()];
}

/** A tag to remove: with a value, only while it has that value. */
export interface TagRemoval {
  readonly key: string;
  readonly value?: string | undefined;
}

function withoutTags(tags: readonly Tag[], removed: readonly TagRemoval[]): Tag[] {
  const goes = (tag: Tag): boolean =>
    removed.some(({ key, value }) => key === tag.key && (value ?? tag.value) === tag.value);
  return tags.filter((tag) => !goes(tag));
}

function invalid(what: string, value: string): Error {
  const text = `Tag ${what} '${value.slice(0, 40)}' has an invalid length.`;
  return volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "tag" } });
}
