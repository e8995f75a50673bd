import type { KeyRange, ReadView, StagedBlob } from "@firn/core";
import { ARCHIVE_ID_CHARS, INVENTORY_ITEMS_MAX } from "./constants.ts";
import { invalid } from "./errors.ts";
import { isIdText, timePrefix } from "./identifiers.ts";
import { writeInventory } from "./inventory.ts";
import type { InventoryFormat, InventoryItem } from "./inventory.ts";
import { decode, vaultKeys, within } from "./records.ts";
import type { ArchiveRecord, VaultRecord } from "./records.ts";
import { checkTime } from "./validation.ts";
import { vaultArn } from "./vault-access.ts";
import type { Session } from "./vault-access.ts";

/** Which archives an inventory is to hold. */
export interface InventoryRetrievalParameters {
  /** ISO 8601: archives created then or later. */
  readonly startDate?: string | undefined;
  /** ISO 8601: archives created before. */
  readonly endDate?: string | undefined;
  /** Most archives, 1 or more. */
  readonly limit?: number | undefined;
  /** From an earlier job: where to go on. */
  readonly marker?: string | undefined;
}

/** A checked inventory: archives lie in the order of their creation, so it is one range of keys. */
export interface InventoryPlan {
  readonly format: InventoryFormat;
  readonly range: KeyRange;
  readonly limit: number;
  /** As asked, for DescribeJob. */
  readonly asked: Omit<InventoryRetrievalParameters, "marker">;
}

export function planInventory(
  format: string | undefined,
  parameters: InventoryRetrievalParameters,
): InventoryPlan {
  const { startDate, endDate, limit, marker } = parameters;
  if (format !== undefined && format !== "JSON" && format !== "CSV") {
    throw invalid(`Invalid format: ${format.slice(0, 100)}. Valid are JSON and CSV.`);
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw invalid(`Invalid Limit: ${limit}`);
  }
  if (marker !== undefined && !isIdText(marker, ARCHIVE_ID_CHARS)) throw invalid("Invalid Marker");
  const start = startDate === undefined ? undefined : checkTime("StartDate", startDate);
  const end = endDate === undefined ? undefined : checkTime("EndDate", endDate);
  if (start !== undefined && end !== undefined && start >= end) {
    throw invalid("Invalid StartDate: it is not before EndDate");
  }
  return {
    format: format ?? "JSON",
    range: archiveRange({ start, end, marker }),
    limit: Math.min(limit ?? INVENTORY_ITEMS_MAX, INVENTORY_ITEMS_MAX),
    asked: { startDate, endDate, limit },
  };
}

function archiveRange(of: {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly marker: string | undefined;
}): KeyRange {
  const all = within(vaultKeys.archives());
  const first = [
    of.start === undefined ? "" : timePrefix(of.start),
    of.marker ?? "",
  ].toSorted()[1] as string;
  return {
    gte: first === "" ? all.gte : vaultKeys.archive(first),
    lt: of.end === undefined ? all.lt : vaultKeys.archive(timePrefix(of.end)),
  };
}

/**
 * Writes the inventory as of now into a blob. O(archives), in constant memory.
 */
export async function takeInventory(
  session: Session,
  vault: VaultRecord,
  plan: InventoryPlan,
): Promise<{ readonly staged: StagedBlob; readonly nextMarker: string | undefined }> {
  const head = {
    vaultArn: vaultArn(session.scope, vault.name),
    inventoryDate: session.store.clock.now(),
  };
  const view = session.store.view();
  try {
    const found: { nextMarker?: string } = {};
    const items = listArchives(view, vault, { ...plan, onRest: (id) => (found.nextMarker = id) });
    const staged = await session.store.blobs.stage(writeInventory(plan.format, head, items));
    return { staged, nextMarker: found.nextMarker };
  } finally {
    view.close();
  }
}

/** The archives of a vault, oldest first; `onRest` hears of the first one beyond the limit. */
export async function* listArchives(
  view: ReadView,
  vault: VaultRecord,
  of: {
    readonly range: KeyRange;
    readonly limit: number;
    readonly onRest?: ((id: string) => void) | undefined;
  },
): AsyncGenerator<InventoryItem, void, void> {
  let count = 0;
  for await (const entry of view.range(vault.space, of.range)) {
    const record = decode<ArchiveRecord>(entry.value);
    if (count++ === of.limit) return of.onRest?.(record.id);
    yield {
      archiveId: record.id,
      archiveDescription: record.description,
      creationDate: record.createdAt,
      size: record.size,
      treeHash: record.treeHash,
    };
  }
}
